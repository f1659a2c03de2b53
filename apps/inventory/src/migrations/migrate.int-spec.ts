import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Journal, Projector, SchemaTooNew, migrateJournal, openPool } from '@vfleet/journal';
import { aDatabase, type TestDatabase } from '@vfleet/testing';
import type pg from 'pg';
import { aLog, observation, toNew } from '../../spec/events.js';
import { aMove } from '../../spec/moves.js';
import { inventoryProjection } from '../read-model/inventory.projection.js';
import { DASHBOARD_ROLE, DASHBOARD_VIEWS } from './1763852400000-dashboard-views.js';
import { migrateInventory } from './migrate.js';

let database: TestDatabase;
let pool: pg.Pool;

beforeAll(async () => {
  database = await aDatabase();
  pool = openPool({ url: database.url, name: 'migrate-spec' });
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
    ]);
  });

  it('know the events of VMs from before there was a table for them, up to where the others have come', async () => {
    await migrateJournal(pool);
    const log = aLog();
    const journal = new Journal(pool);
    const device = observation('h1', '0000:28:00.1');
    const events = [
      log.online('h1'),
      log.discovered('h1', device),
      log.vmState('vm1', 'starting', { hostId: 'h1', sequence: 1 }),
      log.reserved('h1', 'vm1', [device]),
      log.record('VmStateIgnored', { vmId: 'vm1', state: 'running', code: 'STALE' }),
      log.pending('h1', 'vm1', [device]),
      log.released('h1', 'vm1', [device]),
      log.reserved('h1', 'vm2', [device]),
    ];
    await journal.append({ events: events.map(toNew) });
    const projector = new Projector({ pool, projection: inventoryProjection(), log: () => undefined });
    await projector.start();
    expect(await projector.caughtUpTo(events.length, 10_000)).toBe(true);
    await projector.stop();
    await journal.append({ events: [log.released('h1', 'vm2', [device])].map(toNew) });

    const vmEvents = async (): Promise<readonly unknown[]> => (await pool.query('select * from inventory.vm_events order by position')).rows;
    const projected = await vmEvents();
    expect(projected).toHaveLength(5);
    await pool.query('drop table inventory.vm_events');
    await pool.query(`delete from inventory.migrations where name like 'VmEvents%'`);
    await migrateInventory(database.url);
    expect(await vmEvents()).toEqual(projected);
  });

  it('are made anew when a version that knows no moves has passed over some of them', async () => {
    const tables = ['devices', 'hosts', 'vms', 'device_events', 'vm_events', 'vm_migrations'];
    const dump = async (): Promise<unknown> =>
      Promise.all(tables.map(async (table) => (await pool.query(`select to_jsonb(t) as row from inventory.${table} t order by 1`)).rows));
    const project = async (): Promise<void> => {
      const projector = new Projector({ pool, projection: inventoryProjection(), log: () => undefined });
      await projector.start();
      expect(await projector.caughtUpTo(await new Journal(pool).head(), 10_000)).toBe(true);
      await projector.stop();
    };
    const undo = async (): Promise<void> => {
      await pool.query(`drop view ${DASHBOARD_VIEWS.map((view) => `inventory.${view}`).join(', ')}`);
      await pool.query(
        'drop table inventory.vm_migrations; alter table inventory.hosts drop column draining; alter table inventory.vms drop column migration_id',
      );
      await pool.query(`delete from inventory.migrations where name like any(array['VmMigrations%', 'DashboardViews%'])`);
    };
    const checkpoint = async (): Promise<unknown> => (await pool.query(`select position from journal.checkpoints where name = 'inventory'`)).rows;

    await project();
    const reached = await checkpoint();
    await undo();
    await migrateInventory(database.url);
    expect(await checkpoint()).toEqual(reached);

    const log = aLog();
    const events = [
      log.online('h7'),
      log.draining('h7'),
      aMove(log, 'm1', 'vm2').requested(),
      log.reserved('h7', 'vm2', [observation('h7', '0000:28:00.1')], 'r7', 'm1'),
    ];
    await new Journal(pool).append({ events: events.map(toNew) });
    await project();
    const right = await dump();
    await undo();
    await pool.query('delete from inventory.vm_events');
    await migrateInventory(database.url);
    expect(await checkpoint()).toEqual([{ position: '0' }]);
    await project();
    expect(await dump()).toEqual(right);
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
