import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Journal, Projector, SchemaTooNew, migrateJournal, openPool } from '@vfleet/journal';
import { aDatabase, type TestDatabase } from '@vfleet/testing';
import type pg from 'pg';
import { aLog, observation, toNew } from '../../spec/events.js';
import { inventoryProjection } from '../read-model/inventory.projection.js';
import { DASHBOARD_ROLE, DASHBOARD_VIEWS } from './1763852400000-dashboard-views.js';
import { migrateInventory } from './migrate.js';

let database: TestDatabase;
let pool: pg.Pool;

beforeAll(async () => {
  database = await aDatabase();
  pool = openPool({ url: database.url, name: 'migrate-spec' });
  await migrateJournal(pool);
});

afterAll(async () => {
  await pool.end();
  await database.close();
});

describe('the tables of the inventory', () => {
  it('are made once when several instances start at the same time', async () => {
    await Promise.all(Array.from({ length: 5 }, () => migrateInventory(database.url)));
    const { rows } = await pool.query<{ name: string }>('select name from inventory.migrations order by timestamp');
    expect(rows.map(({ name }) => name)).toEqual([
      'ReadModel1763740800000',
      'Models1763830800000',
      'VmEvents1763834400000',
      'VmMigrations1763838000000',
      'OperatorsWords1763841600000',
      'Pools1763845200000',
      'Addresses1763848800000',
      'DashboardViews1763852400000',
      'Streams1763854200000',
      'ExcludedClasses1763856000000',
      'TenantViews1763857800000',
      'TenantRows1763859600000',
    ]);
  });

  it('are filled by a projector', async () => {
    const log = aLog();
    const journal = new Journal(pool);
    const device = observation('h1', '0000:28:00.1');
    await journal.append({ events: [log.online('h1'), log.discovered('h1', device), log.reserved('h1', 'vm1', [device])].map(toNew) });
    const projector = new Projector({ pool, projection: inventoryProjection(), log: () => undefined });
    await projector.start();
    expect(await projector.caughtUpTo(3, 10_000)).toBe(true);
    await projector.stop();
    expect((await pool.query('select vm_id, position from inventory.vm_events')).rows).toEqual([{ vm_id: 'vm1', position: '3' }]);
  });

  describe('for the dashboard', () => {
    const as = async (role: string, text: string): Promise<unknown> => {
      const client = await pool.connect();
      try {
        await client.query(`set role ${role}`);
        return (await client.query(text)).rows;
      } finally {
        client.release(true);
      }
    };

    it.each(DASHBOARD_VIEWS)('are looked at through %s', async (view) => {
      expect(await as(DASHBOARD_ROLE, `select count(*) > 0 as seen from inventory.${view}`)).toEqual([{ seen: true }]);
    });

    it.each([
      'select * from inventory.hosts',
      'select * from inventory.devices',
      'select * from inventory.host_pools',
      'select * from journal.events',
      'select * from journal.dead_letters',
      'insert into inventory.dashboard_host_pools values ($$h$$, $$p$$, 1)',
      'update inventory.dashboard_host_pools set devices = 0',
      'delete from inventory.dashboard_host_pools',
      'create table inventory.mine (a int)',
      'create view inventory.mine as select 1',
      'drop view inventory.dashboard_hosts',
    ])('refuse %s', async (text) => {
      await expect(as(DASHBOARD_ROLE, `begin; ${text}`)).rejects.toThrow(/permission denied|must be owner/);
    });
  });

  it('are left alone when a newer version has made them', async () => {
    await pool.query(`insert into inventory.migrations (timestamp, name) values (9999999999999, 'Later9999999999999')`);
    await expect(migrateInventory(database.url)).rejects.toThrow(SchemaTooNew);
  });
});
