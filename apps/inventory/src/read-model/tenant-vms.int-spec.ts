import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { migrateJournal, openPool } from '@vfleet/journal';
import { aDatabase, type TestDatabase } from '@vfleet/testing';
import type pg from 'pg';
import { DataSource } from 'typeorm';
import { TENANT_ROLE } from '../migrations/1763857800000-tenant-views.js';
import { migrateInventory } from '../migrations/migrate.js';
import { SCHEMA } from './inventory.projection.js';
import { TenantVmEntity, TenantVmMarkEntity } from './tenant-vm.entity.js';
import { TenantVms } from './tenant-vms.js';

/** PostgreSQL, appendix A. */
const INSUFFICIENT_PRIVILEGE = '42501';

let database: TestDatabase;
let owner: pg.Pool;
let source: DataSource;
let vms: TenantVms;

beforeAll(async () => {
  database = await aDatabase();
  owner = openPool({ url: database.url, name: 'spec', max: 2 });
  await migrateJournal(owner);
  await migrateInventory(database.url);
  source = new DataSource({ type: 'postgres', url: database.url, schema: SCHEMA, entities: [TenantVmEntity, TenantVmMarkEntity] });
  await source.initialize();
  vms = new TenantVms(source);
  await vms.check();
});
afterAll(async () => {
  await source?.destroy();
  await owner?.end();
  await database?.close();
});

/** `tenant` null: its platform has named none; undefined: its platform has not told of it. */
const keep = (vmId: string, tenant: string | null | undefined, holds: readonly object[] = []): Promise<unknown> => {
  const seen =
    tenant === undefined
      ? null
      : { state: 'running', hostId: null, sequence: 1, occurredAt: '2026-11-20T10:00:00Z', ...(tenant !== null && { tenant }) };
  return owner.query(`insert into ${SCHEMA}.vms (vm_id, since, seen, wishes, holds) values ($1, now(), $2, '{"devices": []}', $3)`, [
    vmId,
    seen && JSON.stringify(seen),
    JSON.stringify(holds),
  ]);
};
const mark = (key: string, tenant?: string): Promise<unknown> =>
  owner.query('insert into journal.marks (key, value) values ($1, $2)', [
    key,
    JSON.stringify({ state: 'running', occurredAt: '2026-11-20T10:00:00Z', tenant }),
  ]);

describe('what is read for a tenant', () => {
  beforeAll(async () => {
    await keep('acme-1', 'acme', [{ hostId: 'h1' }, { hostId: 'h2', tenant: 'acme' }]);
    await keep('globex-1', 'globex');
    await keep('nobodys-1', null);
    await keep('disputed-1', 'acme', [
      { hostId: 'h1', tenant: 'acme' },
      { hostId: 'h2', tenant: 'globex' },
    ]);
    await keep('acme-4', undefined, [{ hostId: 'h1', tenant: 'acme' }]);
    await keep('acme-5', undefined, [{ hostId: 'h1' }]);
    await mark('vm:acme-5', 'acme');
    await keep('acme-6', null, [{ hostId: 'h1', tenant: 'acme' }]);
    await keep('disputed-2', undefined, [{ hostId: 'h1', tenant: 'globex' }]);
    await mark('vm:disputed-2', 'acme');
    await keep('disputed-3', 'globex');
    await mark('vm:disputed-3', 'acme');
    await keep('disputed-4', undefined, [{ hostId: 'h1', tenant: 'acme' }]);
    await mark('vm:disputed-4', 'globex');
    await mark('vm:acme-2', 'acme');
    await mark('vm:globex-2', 'globex');
    await mark('vm:nobodys-2');
    await mark('host:acme-3', 'acme');
  });

  it('are its own VMs', async () => {
    expect(await vms.find('acme', 'acme-1')).toMatchObject({
      row: { vmId: 'acme-1', since: expect.any(String) as never, migrationId: null },
      marked: null,
    });
    for (const vmId of ['acme-4', 'acme-5', 'acme-6'])
      expect(await vms.find('acme', vmId)).toMatchObject({ row: { vmId, holds: [{ hostId: 'h1' }] } });
    expect(await vms.find('acme', 'acme-2')).toMatchObject({ row: null, marked: { state: 'running', tenant: 'acme' } });
  });

  it.each(['globex-1', 'globex-2', 'nobodys-1', 'nobodys-2', 'disputed-1', 'disputed-2', 'disputed-3', 'disputed-4', 'acme-3', 'nowhere'])(
    'is nothing of %s',
    async (vmId) => {
      expect(await vms.find('acme', vmId)).toEqual({ row: null, marked: null });
    },
  );

  it('is nothing for a name that only looks like a tenant’s', async () => {
    for (const name of ['', '%', 'acm_', "acme' or '1'='1", 'ACME']) expect(await vms.find(name, 'acme-1')).toEqual({ row: null, marked: null });
  });

  it('leaves nothing behind on its connection', async () => {
    await vms.find('acme', 'acme-1');
    const rows = await source.query<unknown[]>(`select current_user = session_user as own, current_setting('vfleet.tenant', true) as tenant`);
    expect(rows).toEqual([{ own: true, tenant: '' }]);
  });
});

describe('the role that reads for tenants', () => {
  const asRole = async (...statements: readonly string[]): Promise<unknown> => {
    const client = await owner.connect();
    try {
      await client.query('begin');
      await client.query(`set local role ${TENANT_ROLE}`);
      let rows: unknown[] = [];
      for (const statement of statements) ({ rows } = await client.query(statement));
      return rows;
    } catch (error) {
      return (error as { readonly code?: string }).code;
    } finally {
      await client.query('rollback');
      client.release();
    }
  };

  it('sees the rows of the tenant that is named, and of nobody where none is', async () => {
    const read = `select vm_id from ${SCHEMA}.tenant_vms order by vm_id`;
    expect(await asRole(read)).toEqual([]);
    expect(await asRole(`set local vfleet.tenant = ''`, read)).toEqual([]);
    expect(await asRole(`set local vfleet.tenant = 'globex'`, read)).toEqual([{ vm_id: 'disputed-3' }, { vm_id: 'globex-1' }]);
    expect(await asRole(`set local vfleet.tenant = 'acme'`, `select key from ${SCHEMA}.tenant_vm_marks order by key`)).toEqual([
      { key: 'vm:acme-2' },
      { key: 'vm:acme-5' },
    ]);
  });

  it.each([
    ...['vms', 'devices', 'migrations', 'vm_events', 'device_events', 'hosts', 'pools', 'vm_migrations', 'dashboard_hosts', 'vm_words'].map(
      (table) => `select from ${SCHEMA}.${table}`,
    ),
    ...['events', 'marks', 'claims', 'inbox', 'dead_letters'].map((table) => `select from journal.${table}`),
    `update ${SCHEMA}.vms set seen = null`,
    `delete from ${SCHEMA}.vms`,
    'delete from journal.marks',
    `create table ${SCHEMA}.mine (a int)`,
  ])('may not %s', async (statement) => {
    expect(await asRole(`set local vfleet.tenant = 'acme'`, statement)).toBe(INSUFFICIENT_PRIVILEGE);
  });

  it('is told no row by a function that it slips in before the wall', async () => {
    const spied = `select vm_id from ${SCHEMA}.tenant_vms where 1 / (case when vm_id like 'globex%' then 0 else 1 end) = 1`;
    const seen = (await asRole(`set local vfleet.tenant = 'acme'`, spied)) as { readonly vm_id: string }[];
    expect(seen.map(({ vm_id }) => vm_id).sort()).toEqual(['acme-1', 'acme-4', 'acme-5', 'acme-6']);
  });

  it('finds a VM by its id, without a look at the others', async () => {
    const plan = JSON.stringify(
      await asRole(
        'set local enable_seqscan = off',
        `set local vfleet.tenant = 'acme'`,
        `explain select * from ${SCHEMA}.tenant_vms where vm_id = 'acme-1'`,
      ),
    );
    expect(plan).toMatch(/Index Scan using vms_pkey/);
    expect(plan).toMatch(/Index Cond: \(vm_id = 'acme-1'/);
    expect(plan).not.toMatch(/Seq Scan/);
  });

  it('finds a mark by its key, without a look at the others', async () => {
    const plan = JSON.stringify(
      await asRole(
        'set local enable_seqscan = off',
        `set local vfleet.tenant = 'acme'`,
        `explain select * from ${SCHEMA}.tenant_vm_marks where key = 'vm:acme-1'`,
      ),
    );
    expect(plan).toMatch(/Index Scan using marks_pkey/);
    expect(plan).not.toMatch(/Seq Scan/);
  });
});
