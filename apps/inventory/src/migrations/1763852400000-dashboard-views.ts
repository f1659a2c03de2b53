import type { MigrationInterface, QueryRunner } from 'typeorm';
import { schemaOf } from './schema-of.js';

/** May read the views of the dashboard and nothing else. Where the owner may not make roles, an administrator does, and the next start grants. */
export const DASHBOARD_ROLE = 'vfleet_dashboard';

export const DASHBOARD_VIEWS = ['dashboard_hosts', 'dashboard_pools', 'dashboard_host_pools'] as const;

/**
 * What the dashboard counts a whole fleet from: the counters of the read side, as columns. Devices are counted by their
 * variety: the registered model, else the name that an operator gave, else vendor and product, else the device type.
 */
export class DashboardViews1763852400000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const schema = schemaOf(runner);
    await runner.query(`
      create view ${schema}.dashboard_hosts as
        select host_id, description ->> 'hostname' as hostname,
          case when state = 'online' and draining then 'draining' else state end as state, counts
        from ${schema}.hosts;

      create view ${schema}.dashboard_pools as
        select pool, state, devices,
          case
            when traits ? 'model' then 'model:' || (traits ->> 'model')
            when observation ? 'name' then 'name:' || (observation ->> 'name')
            when observation ? 'vendorId' then 'ids:' || (observation ->> 'vendorId') || ':' || (observation ->> 'productId')
            else 'type:' || (traits ->> 'deviceType')
          end as variety,
          observation ->> 'vendorId' as vendor_id,
          observation ->> 'productId' as product_id,
          traits ->> 'deviceType' as device_type,
          case when observation ->> 'kind' = 'pci' then left(observation ->> 'class', 2) end as base_class,
          observation ->> 'functionType' as function_type,
          traits ->> 'physicalNetwork' as physical_network
        from ${schema}.pools;

      create view ${schema}.dashboard_host_pools as select host_id, pool, devices from ${schema}.host_pools;

      do $$
      begin
        create role ${DASHBOARD_ROLE} nologin;
      exception when duplicate_object or unique_violation or insufficient_privilege then null;
      end $$;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    const schema = schemaOf(runner);
    await runner.query(`drop view ${DASHBOARD_VIEWS.map((view) => `${schema}.${view}`).join(', ')}`);
  }
}
