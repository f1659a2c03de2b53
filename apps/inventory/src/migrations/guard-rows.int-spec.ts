import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SERVICE_ROLE, migrateJournal, openPool } from '@vfleet/journal';
import { aDatabase, until, type TestDatabase } from '@vfleet/testing';
import type pg from 'pg';
import { TENANT_ROLE } from './1763857800000-tenant-views.js';
import { migrateInventory } from './migrate.js';

/** What each database's tenants may be given by mistake; roles are the server's, so that names are this spec's own. */
const LOGINS = { tenant: 'guard_spec_tenant', inventory: 'guard_spec_inventory' } as const;
/** As grants.sql makes the inventory's: it may act as the tenants' role, and takes nothing over from it. */
const APART = 'guard_spec_apart';

const VMS = ['acme-1', 'globex-1', 'nobodys-1', 'disputed-1'] as const;
const TABLES_OF_VMS = ['vms', 'vm_events', 'vm_migrations'] as const;

let database: TestDatabase;
let owner: pg.Pool;

const seenOf = (vmId: string): string => JSON.stringify(/^(acme|globex)/.test(vmId) ? { tenant: vmId.split('-')[0] } : {});
const keep = async (vmId: string, at: number): Promise<void> => {
  const holds = vmId.startsWith('disputed') ? ['acme', 'globex'].map((tenant) => ({ hostId: 'h1', tenant })) : [];
  await owner.query(`insert into inventory.vms (vm_id, since, seen, wishes, holds) values ($1, now(), $2, '{}', $3)`, [
    vmId,
    seenOf(vmId),
    JSON.stringify(holds),
  ]);
  await owner.query('insert into inventory.vm_events (vm_id, position) values ($1, $2)', [vmId, at]);
  await owner.query(
    `insert into inventory.vm_migrations (migration_id, position, vm_id, state, devices, steps, started_at) values ($1, $2, $3, 'done', '[]', '[]', now())`,
    [`m-${vmId}`, at, vmId],
  );
};

const ROLES = [...Object.values(LOGINS), APART];
const dropRoles = async (): Promise<void> => {
  for (const role of ROLES) {
    const { rows } = await owner.query('select from pg_roles where rolname = $1', [role]);
    if (rows.length > 0) await owner.query(`drop owned by ${role}; drop role ${role}`);
  }
};

beforeAll(async () => {
  database = await aDatabase();
  owner = openPool({ url: database.url, name: 'spec', max: 4 });
  await migrateJournal(owner);
  await migrateInventory(database.url);
  for (const [index, vmId] of VMS.entries()) await keep(vmId, index + 1);
  for (const vmId of ['acme-1', 'globex-2', 'nobodys-2'])
    await owner.query('insert into journal.marks (key, value) values ($1, $2)', [`vm:${vmId}`, seenOf(vmId)]);
  await owner.query(`insert into journal.marks (key, value) values ('host:h1', '{"tenant": "acme"}')`);
  await owner.query(`insert into journal.claims (claimed, holder, position) values ('d-acme-1', 'acme-1', 1)`);
  await dropRoles();
  await owner.query(`
    create role ${LOGINS.tenant} in role ${TENANT_ROLE};
    create role ${LOGINS.inventory} in role ${TENANT_ROLE};
    create role ${APART} noinherit in role ${TENANT_ROLE};
    grant usage on schema inventory, journal to ${LOGINS.inventory}, ${APART}, ${TENANT_ROLE};
    grant all on all tables in schema inventory to ${LOGINS.inventory}, ${APART};
    grant select on journal.events, journal.marks to ${LOGINS.inventory}, ${APART};
    grant select, insert, update on journal.checkpoints to ${LOGINS.inventory}, ${APART}`);
});
afterAll(async () => {
  if (owner) await dropRoles();
  await owner?.end();
  await database?.close();
});

/** What a role is answered after some statements of the owner, which are undone. */
const ask = async (role: string, read: string, { tenant = '', before = '' } = {}): Promise<readonly Record<string, unknown>[]> => {
  const client = await owner.connect();
  try {
    await client.query(`begin; ${before}`);
    await client.query(`set local role ${role}`);
    await client.query(`select set_config('vfleet.tenant', $1, true)`, [tenant]);
    return (await client.query<Record<string, unknown>>(read)).rows;
  } finally {
    await client.query('rollback');
    client.release();
  }
};
const idsOf = (rows: readonly Record<string, unknown>[]): readonly string[] =>
  rows.map(({ id }) => String(id)).sort((one, other) => (one < other ? -1 : 1));
const given = (table: string, more = ''): string => `grant select on ${table} to ${TENANT_ROLE}; ${more}`;
const unguarded = (table: string): string => `alter table ${table} disable row level security;`;

describe.each([TENANT_ROLE, LOGINS.tenant])('the role %s, given a table by mistake,', (role) => {
  describe.each(TABLES_OF_VMS)('inventory.%s,', (table) => {
    const read = `select vm_id as id from inventory.${table}`;
    const before = given(`inventory.${table}`);

    it('sees what is of its tenant’s VMs, and without a tenant nothing', async () => {
      expect(idsOf(await ask(role, read, { before, tenant: 'acme' }))).toEqual(['acme-1']);
      expect(idsOf(await ask(role, read, { before, tenant: 'globex' }))).toEqual(['globex-1']);
      expect(await ask(role, read, { before })).toEqual([]);
    });

    it('would see everything if rows had no policy', async () => {
      const open = given(`inventory.${table}`, unguarded(`inventory.${table}`));
      expect(idsOf(await ask(role, read, { before: open, tenant: 'acme' }))).toEqual([...VMS].sort());
    });

    it('changes nothing that is another’s, though it may change the table', async () => {
      const all = `grant all on inventory.${table} to ${TENANT_ROLE};`;
      const changed = `delete from inventory.${table} returning vm_id as id`;
      expect(idsOf(await ask(role, changed, { before: all, tenant: 'acme' }))).toEqual(['acme-1']);
    });
  });

  it('sees of the journal’s marks those that name its tenant, and of its claims none', async () => {
    const before = given('journal.marks, journal.claims');
    const read = 'select key as id from journal.marks union all select claimed from journal.claims';
    expect(idsOf(await ask(role, read, { before, tenant: 'acme' }))).toEqual(['vm:acme-1']);
    expect(idsOf(await ask(role, read, { before, tenant: 'globex' }))).toEqual(['vm:globex-2']);
    expect(await ask(role, read, { before })).toEqual([]);
    const open = before + unguarded('journal.marks') + unguarded('journal.claims');
    expect(await ask(role, read, { before: open, tenant: 'acme' })).toHaveLength(5);
  });
});

/** As somebody may make them anew who has forgotten what they are for. */
const OPEN_VIEWS = [
  ['tenant_vms', 'create or replace view inventory.tenant_vms as select vm_id, since, seen, wishes, holds, migration_id from inventory.vms;', VMS],
  [
    'tenant_vm_marks',
    'create or replace view inventory.tenant_vm_marks as select key, value from journal.marks;',
    ['host:h1', 'vm:acme-1', 'vm:globex-2', 'vm:nobodys-2'],
  ],
] as const;

describe.each(OPEN_VIEWS)('the view %s, made anew without its condition,', (view, open, everything) => {
  const table = view === 'tenant_vms' ? 'inventory.vms' : 'journal.marks';
  const read = `select ${view === 'tenant_vms' ? 'vm_id' : 'key'} as id from inventory.${view}`;

  it('shows a tenant its own rows, and nobody anything', async () => {
    const own = view === 'tenant_vms' ? 'acme-1' : 'vm:acme-1';
    expect(idsOf(await ask(TENANT_ROLE, read, { before: open, tenant: 'acme' }))).toEqual([own]);
    expect(await ask(TENANT_ROLE, read, { before: open })).toEqual([]);
  });

  it('would show everything if rows had no policy', async () => {
    expect(idsOf(await ask(TENANT_ROLE, read, { before: open + unguarded(table), tenant: 'acme' }))).toEqual([...everything].sort());
  });

  it('is right by itself as well, where rows have no policy', async () => {
    const before = unguarded('inventory.vms') + unguarded('journal.marks');
    expect(idsOf(await ask(TENANT_ROLE, read, { before, tenant: 'acme' }))).toEqual([view === 'tenant_vms' ? 'acme-1' : 'vm:acme-1']);
  });
});

describe('row policies', () => {
  const GUARDED = `select class.oid::regclass::text as id from pg_class class where relkind = 'r' and relrowsecurity
    and (select array_agg(polname order by polname) from pg_policy where polrelid = class.oid) = '{everybody,tenants}' and relnamespace = to_regnamespace($1)`;

  it('stand on each table of the inventory that names VMs but the devices, and on those of the journal that do', async () => {
    const { rows: tables } = await owner.query(
      `select attrelid::regclass::text as id from pg_attribute join pg_class class on class.oid = attrelid
       where attname = 'vm_id' and relkind = 'r' and relnamespace = 'inventory'::regnamespace and relname <> 'devices'`,
    );
    expect(tables.length).toBeGreaterThan(2);
    expect(idsOf((await owner.query(GUARDED, ['inventory'])).rows)).toEqual(idsOf(tables));
    expect(idsOf((await owner.query(GUARDED, ['journal'])).rows)).toEqual(
      ['claims', 'dead_letters', 'events', 'inbox', 'marks'].map((name) => `journal.${name}`),
    );
  });

  it('are put back when the owner starts again, and the views given back to whom they belong', async () => {
    await owner.query(`${unguarded('inventory.vms')} alter view inventory.tenant_vms owner to current_user`);
    await migrateInventory(database.url);
    const [, open] = OPEN_VIEWS[0];
    expect(idsOf(await ask(TENANT_ROLE, 'select vm_id as id from inventory.tenant_vms', { before: open, tenant: 'acme' }))).toEqual(['acme-1']);
  });

  it.each([SERVICE_ROLE, LOGINS.inventory, APART])('hide nothing from %s', async (role) => {
    for (const table of TABLES_OF_VMS) expect(await ask(role, `select from inventory.${table}`)).toHaveLength(VMS.length);
    expect(await ask(role, 'select from journal.marks')).toHaveLength(4);
  });

  it.each([SERVICE_ROLE, APART])('are no part of how %s reads', async (role) => {
    const planOf = async (read: string, before = ''): Promise<string> => JSON.stringify(await ask(role, `explain ${read}`, { before }));
    const reads = ['devices', ...TABLES_OF_VMS].map((table) => [`inventory.${table}`, `where vm_id = 'acme-1'`] as const);
    const journal = [
      ['journal.events', 'where position > 7 order by position limit 100'],
      ['journal.marks', `where key = 'vm:acme-1'`],
    ] as const;
    for (const [table, which] of [...reads, ...journal]) {
      const read = `select * from ${table} ${which}`;
      expect(await planOf(read)).toBe(await planOf(read, unguarded(table)));
    }
  });

  it('keep lists of devices from an order that an index has, which is why these have none', async () => {
    const lists = `select * from inventory.devices where observation -> 'iommuGroup' = '1' order by host_id, sort_key, device_id limit 100`;
    const planOf = async (before: string): Promise<string> =>
      JSON.stringify(await ask(SERVICE_ROLE, `explain ${lists}`, { before: `set local enable_seqscan = off; ${before}` }));
    const guarded = 'alter table inventory.devices enable row level security; create policy everybody on inventory.devices using (true);';
    expect(await planOf('')).not.toMatch(/Sort/);
    expect(await planOf(guarded)).toMatch(/Sort/);
  });

  it('are not forced, so that who owns the tables dumps them whole', async () => {
    const { rows } = await owner.query('select from pg_class where relforcerowsecurity');
    expect(rows).toEqual([]);
  });
});

describe('a table that somebody reads for long', () => {
  it('gets its policies after that, and holds up nobody meanwhile', async () => {
    await owner.query(unguarded('journal.events'));
    const reader = await owner.connect();
    await reader.query('begin');
    await reader.query('select from journal.events limit 1');
    let isDone = false;
    const migrating = migrateInventory(database.url).then(() => (isDone = true));
    const waits = `select from pg_locks where not granted and relation = 'journal.events'::regclass`;
    await until('the migration to wait', async () => (await owner.query(waits)).rows.length === 1);
    // Comes after the one that waits, and so behind it.
    await owner.query('select from journal.events limit 1');
    expect(isDone).toBe(false);
    await reader.query('rollback');
    reader.release();
    await migrating;
    const { rows } = await owner.query(`select relrowsecurity as guarded from pg_class where oid = 'journal.events'::regclass`);
    expect(rows).toEqual([{ guarded: true }]);
  });
});
