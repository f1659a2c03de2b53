import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Journal, Projector, SchemaTooNew, migrateJournal, openPool } from '@vfleet/journal';
import { aDatabase, until, type TestDatabase } from '@vfleet/testing';
import type pg from 'pg';
import { aLog, observation, toNew } from '../spec/events.js';
import { inventoryProjection } from './read-model/inventory.projection.js';
import { rebuildInventory } from './read-model/rebuild.js';
import { updateInventory } from './update.js';

const DEVICES = 40;
const WAIT_MS = 20_000;

let database: TestDatabase;
let pool: pg.Pool;
const log = aLog();
const nothing = (): void => undefined;

const devices = async (): Promise<number> => Number((await pool.query<{ n: string }>('select count(*) as n from inventory.devices')).rows[0]?.n);

const project = async (): Promise<void> => {
  const projector = new Projector({ pool, projection: inventoryProjection(), log: nothing });
  await projector.start();
  expect(await projector.caughtUpTo(await new Journal(pool).head(), WAIT_MS)).toBe(true);
  await projector.stop();
};

/** As the version before has left them: one migration is not there, and what it told of was passed over. */
const asBefore = async (): Promise<void> => {
  await pool.query('drop table inventory.excluded_classes');
  await pool.query(`delete from inventory.migrations where name like 'ExcludedClasses%'`);
};

beforeAll(async () => {
  database = await aDatabase();
  pool = openPool({ url: database.url, name: 'update-spec', max: 10 });
  await migrateJournal(pool);
  await updateInventory(database.url, nothing);
  const found = Array.from({ length: DEVICES }, (_, n) => observation('h1', `0000:28:${n.toString(16).padStart(2, '0')}.0`));
  await new Journal(pool).append({
    events: [log.online('h1'), ...found.map((device) => log.discovered('h1', device)), log.classesExcluded('03')].map(toNew),
  });
  await project();
});

afterAll(async () => {
  await pool.end();
  await database.close();
});

describe('tables that a newer version makes differently', () => {
  it('are made once beside those that are read, which stay whole until then', async () => {
    const whole = (await pool.query('select * from inventory.excluded_classes')).rows;
    await asBefore();
    const said: string[] = [];
    let going = true;
    const seen = new Set<number>();
    const reading = (async (): Promise<void> => {
      while (going) seen.add(await devices());
    })();
    await Promise.all([1, 2, 3].map(() => updateInventory(database.url, (_, message) => said.push(message))));
    going = false;
    await reading;
    expect([...seen]).toEqual([DEVICES]);
    expect(said.filter((message) => message === 'new tables are in their place')).toHaveLength(1);
    expect((await pool.query('select * from inventory.excluded_classes')).rows).toEqual(whole);
    expect((await pool.query('select name, position from journal.checkpoints')).rows).toEqual([{ name: 'inventory', position: String(DEVICES + 2) }]);
  });

  it('keep tenants apart as the old ones did', async () => {
    await asBefore();
    await updateInventory(database.url, nothing);
    const { rows } = await pool.query<{ guarded: string; owners: string }>(
      `select (select string_agg(distinct polrelid::regclass::text, ' ') from pg_policy where polname = 'tenants') as guarded,
         (select string_agg(distinct viewowner, ' ') from pg_views where viewname in ('tenant_vms', 'tenant_vm_marks')) as owners`,
    );
    expect(rows[0]?.guarded.split(' ')).toEqual(
      expect.arrayContaining(['inventory.vms', 'inventory.vm_events', 'inventory.vm_migrations', 'journal.events', 'journal.marks']),
    );
    expect(rows[0]?.owners).toBe('vfleet_tenant_views');
  });

  it('are put in their place while somebody still reads the old ones, who is not disturbed', async () => {
    const reader = await pool.connect();
    await reader.query('begin');
    await reader.query('declare slow cursor for select device_id from inventory.devices');
    expect((await reader.query('fetch 1 from slow')).rows).toHaveLength(1);
    const rebuilding = rebuildInventory({ url: database.url, log: nothing });
    await until(
      'the new tables to be in their place',
      async () => (await pool.query(`select from pg_namespace where nspname = 'inventory_rebuilt_replaced'`)).rows.length === 1,
    );
    expect(await devices()).toBe(DEVICES);
    expect((await reader.query('fetch all from slow')).rows).toHaveLength(DEVICES - 1);
    await reader.query('commit');
    reader.release();
    expect(await rebuilding).toMatchObject({ events: DEVICES + 2 });
    await until(
      'the old tables to be gone',
      async () => (await pool.query(`select from pg_namespace where nspname like 'inventory%'`)).rows.length === 1,
    );
  });

  it('are for whoever might read the old ones, new tables included', async () => {
    await pool.query(`create role update_spec_reader; grant usage on schema inventory to update_spec_reader;
      grant select on inventory.devices, inventory.migrations to update_spec_reader; grant insert on inventory.vms to public`);
    try {
      await asBefore();
      await updateInventory(database.url, nothing);
      const may = async (what: string): Promise<unknown> =>
        (await pool.query<{ may: boolean }>(`select has_table_privilege('update_spec_reader', $1, $2) as may`, what.split(' '))).rows[0]?.may;
      const asked = ['inventory.devices select', 'inventory.excluded_classes select', 'inventory.vms insert', 'inventory.devices update'];
      expect(await Promise.all(asked.map(may))).toEqual([true, true, true, false]);
      expect(await may('inventory.hosts select')).toBe(false);
    } finally {
      await pool.query('drop owned by update_spec_reader; drop role update_spec_reader');
    }
  });

  it('are left alone by a version that is older than they are', async () => {
    await asBefore();
    await pool.query(`insert into inventory.migrations (timestamp, name) values (9999999999999, 'Later9999999999999')`);
    await expect(updateInventory(database.url, nothing)).rejects.toThrow(SchemaTooNew);
    expect(await devices()).toBe(DEVICES);
  });
});
