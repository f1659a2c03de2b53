import type pg from 'pg';

/** The views of tenants as somebody may make them anew who has forgotten what they are for. */
const OPEN_VIEWS = `
  create or replace view inventory.tenant_vms as select vm_id, since, seen, wishes, holds, migration_id from inventory.vms;
  create or replace view inventory.tenant_vm_marks as select key, value from journal.marks`;

/** Takes the conditions of both views away; what is answered puts them back. */
export const openViews = async (owner: pg.Pool): Promise<() => Promise<unknown>> => {
  const { rows } = await owner.query<{ made: string }>(
    `select format('create or replace view inventory.%I with (security_barrier) as %s', viewname, definition) as made
     from pg_views where schemaname = 'inventory' and viewname in ('tenant_vms', 'tenant_vm_marks')`,
  );
  await owner.query(OPEN_VIEWS);
  return () => owner.query(rows.map(({ made }) => made).join('\n'));
};

/** Tables that hold something of each VM here. */
export const TABLES = ['inventory.vms', 'inventory.vm_events', 'journal.marks'] as const;

/** Whether rows of the tables are guarded. */
export const guardRows = (owner: pg.Pool, guards: 'enable' | 'disable'): Promise<unknown> =>
  owner.query(TABLES.map((table) => `alter table ${table} ${guards} row level security`).join('; '));

/** What a tenant reads of a table that its role was given by mistake, as text; the gift is taken back. */
export const readAs = async (owner: pg.Pool, tenant: string, table: string): Promise<string> => {
  const client = await owner.connect();
  try {
    await client.query(`begin; grant usage on schema inventory, journal to vfleet_tenant; grant select on ${table} to vfleet_tenant`);
    await client.query(`select set_config('role', 'vfleet_tenant', true), set_config('vfleet.tenant', $1, true)`, [tenant]);
    return JSON.stringify((await client.query(`select * from ${table}`)).rows);
  } finally {
    await client.query('rollback');
    client.release();
  }
};
