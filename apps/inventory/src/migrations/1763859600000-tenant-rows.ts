import type { MigrationInterface, QueryRunner } from 'typeorm';
import { TENANT_SETTING, TENANT_VIEWS, TenantViews1763857800000 } from './1763857800000-tenant-views.js';
import { schemaOf } from './schema-of.js';

/** Owns the views of tenants and is nobody's login: a row policy is void for the owner of a table, also where a view of his reads it. */
export const TENANT_VIEWS_ROLE = 'vfleet_tenant_views';
/** Ids of the VMs that are the asking tenant's, for policies: made by the tables' owner, so that they see every word on whose a VM is. */
export const TENANT_VM_IDS = 'tenant_vm_ids';
/** What is told of whose each VM is, for the owner of the tenants' views alone; no barrier, so that what asks it finds one VM by its id. */
export const VM_WORDS = 'vm_words';

const ASKING = `nullif(current_setting('${TENANT_SETTING}', true), '')`;
const held = (compares: '==' | '!='): string =>
  `jsonb_path_exists(words.holds, '$[*].tenant ? (@ ${compares} $tenant)', jsonb_build_object('tenant', ${ASKING}))`;
/** Something names the tenant that asks, and nothing another one. */
const IS_OWN = `coalesce(words.platform, case when ${held('==')} then ${ASKING} end) = ${ASKING} and not ${held('!=')}`;

/**
 * A second lock on what belongs to tenants: row policies, where the views are the first. `guardRows` puts them on the tables, for it
 * takes roles that another may have to make. The views say the same as before, in a way that stays right where their owner does not see
 * the rows of others: what names another tenant is asked of the owner of the tables.
 */
export class TenantRows1763859600000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const schema = schemaOf(runner);
    await runner.query(`
      create view ${schema}.${VM_WORDS} as
        select vm.vm_id, coalesce(vm.seen ->> 'tenant', mark.value ->> 'tenant') as platform, vm.holds
        from ${schema}.vms vm left join journal.marks mark on vm.seen is null and mark.key = ('vm:' || vm.vm_id) collate "default";

      create view ${schema}.${TENANT_VM_IDS} with (security_barrier) as
        select words.vm_id from ${schema}.${VM_WORDS} words where ${IS_OWN};

      create or replace view ${schema}.tenant_vms with (security_barrier) as
        select vm.vm_id, vm.since, vm.seen, vm.wishes, vm.holds, vm.migration_id
        from ${schema}.vms vm join ${schema}.${VM_WORDS} words on words.vm_id = vm.vm_id where ${IS_OWN};

      create or replace view ${schema}.tenant_vm_marks with (security_barrier) as
        select mark.key, mark.value
        from journal.marks mark left join ${schema}.${VM_WORDS} words on words.vm_id = substr(mark.key, 4) collate "C"
        where mark.key like 'vm:%' and mark.value ->> 'tenant' = ${ASKING}
          and coalesce(words.platform, ${ASKING}) = ${ASKING} and (words.vm_id is null or not ${held('!=')});

      do $$
      begin
        create role ${TENANT_VIEWS_ROLE} nologin;
      exception when duplicate_object or unique_violation or insufficient_privilege then null;
      end $$;
    `);
  }

  /** Policies that ask for a tenant's VMs go along with the view. */
  async down(runner: QueryRunner): Promise<void> {
    const views = [...TENANT_VIEWS, TENANT_VM_IDS, VM_WORDS].map((view) => `${schemaOf(runner)}.${view}`);
    await runner.query(`drop view ${views.join(', ')} cascade`);
    await new TenantViews1763857800000().up(runner);
  }
}
