import type { MigrationInterface, QueryRunner } from 'typeorm';
import { schemaOf } from './schema-of.js';

/** May read the views of tenants and nothing else. Where the owner may not make roles, an administrator does, and the next start grants. */
export const TENANT_ROLE = 'vfleet_tenant';
/** The setting that says whose rows the views show; none where it is not set. */
export const TENANT_SETTING = 'vfleet.tenant';

export const TENANT_VIEWS = ['tenant_vms', 'tenant_vm_marks'] as const;

const ASKING = `nullif(current_setting('${TENANT_SETTING}', true), '')`;
/** Whether a VM holds something that was reserved for the tenant that asks, or for another one. */
const held = (compares: '==' | '!='): string =>
  `jsonb_path_exists(vm.holds, '$[*].tenant ? (@ ${compares} $tenant)', jsonb_build_object('tenant', ${ASKING}))`;

/**
 * What a tenant may be told of VMs: those of which every word on whose they are names it, that of the platform and those of
 * reservations. Views and no row policies: a policy is void for the owner of a table, as whom the inventory may be logged in, and stands
 * in the way of everybody else who reads it.
 */
export class TenantViews1763857800000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const schema = schemaOf(runner);
    await runner.query(`
      create view ${schema}.tenant_vms with (security_barrier) as
        select vm.vm_id, vm.since, vm.seen, vm.wishes, vm.holds, vm.migration_id
        from ${schema}.vms vm left join journal.marks mark on vm.seen is null and mark.key = ('vm:' || vm.vm_id) collate "default"
        where coalesce(vm.seen ->> 'tenant', mark.value ->> 'tenant', case when ${held('==')} then ${ASKING} end) = ${ASKING}
          and not ${held('!=')};

      create view ${schema}.tenant_vm_marks with (security_barrier) as
        select mark.key, mark.value
        from journal.marks mark left join ${schema}.vms vm on vm.vm_id = substr(mark.key, 4) collate "C"
        where mark.key like 'vm:%' and mark.value ->> 'tenant' = ${ASKING}
          and coalesce(vm.seen ->> 'tenant', ${ASKING}) = ${ASKING}
          and (vm.vm_id is null or not ${held('!=')});

      do $$
      begin
        create role ${TENANT_ROLE} nologin;
      exception when duplicate_object or unique_violation or insufficient_privilege then null;
      end $$;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    const schema = schemaOf(runner);
    await runner.query(`drop view ${TENANT_VIEWS.map((view) => `${schema}.${view}`).join(', ')}`);
  }
}
