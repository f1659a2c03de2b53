import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Journal, Projector, migrateJournal, openPool, type Projection, type RecordedEvent } from '@vfleet/journal';
import type { DeviceObservation } from '@vfleet/pci';
import { aDatabase, type TestDatabase } from '@vfleet/testing';
import fc from 'fast-check';
import type pg from 'pg';
import { aLog, observation, toNew } from '../../spec/events.js';
import { aDeviceMove, aMove } from '../../spec/moves.js';
import { migrateInventory } from '../migrations/migrate.js';
import { inventoryProjection } from './inventory.projection.js';
import { rebuildInventory } from './rebuild.js';

const WAIT_MS = 20_000;
const TABLES = ['devices', 'hosts', 'vms', 'device_events', 'vm_events', 'models', 'excluded_classes', 'vm_migrations', 'pools', 'host_pools'];

let database: TestDatabase;
let pool: pg.Pool;
let journal: Journal;

beforeAll(async () => {
  database = await aDatabase();
  pool = openPool({ url: database.url, name: 'projection-spec', max: 10 });
  await migrateJournal(pool);
  await migrateInventory(database.url);
  journal = new Journal(pool);
});

afterAll(async () => {
  await pool.end();
  await database.close();
});

/** All rows of all tables, as text and in a fixed order. */
const dump = async (schema = 'inventory'): Promise<Record<string, readonly string[]>> => {
  const tables: Record<string, readonly string[]> = {};
  for (const table of TABLES) {
    const { rows } = await pool.query<{ row: string }>(`select to_jsonb(t)::text as row from ${schema}.${table} t order by 1`);
    tables[table] = rows.map(({ row }) => row);
  }
  return tables;
};

const project = async (projection: Projection, maxBatch = 100): Promise<void> => {
  const projector = new Projector({ pool, projection, log: () => undefined, maxBatch });
  await projector.start();
  const reached = await projector.caughtUpTo(await journal.head(), WAIT_MS);
  await projector.stop();
  expect(reached).toBe(true);
};

const HOSTS = ['h1', 'h2', 'h3'];
const devicesOf = (hostId: string) => [
  observation(hostId, '0000:28:00.1', { name: '10GE', iommuGroup: 1 }),
  observation(hostId, '0000:28:00.2', { name: '10GE', iommuGroup: 1, driver: 'igb' }),
  observation(hostId, '0000:29:00.0', { name: 'GPU', iommuGroup: 2, class: '030200' }),
];
const log = aLog();

const stepOfMove = (hostId: string, vmId: string, device: DeviceObservation, n: number): RecordedEvent => {
  const targetHostId = HOSTS[(HOSTS.indexOf(hostId) + 1) % HOSTS.length] as string;
  const [target] = devicesOf(targetHostId) as [DeviceObservation];
  const move = aMove(log, `m${n % 6}`, vmId, { sourceHostId: hostId, targetHostId });
  const steps: readonly (() => RecordedEvent)[] = [
    move.requested,
    () => move.reserved(aDeviceMove(device, target)),
    () => move.unplugged(device),
    move.migrated,
    () => move.plugged(target),
    () => move.replaced(target, null),
    () => move.completed([]),
    () => move.failed('PLUG_FAILED', null, []),
    move.retried,
    () => move.rejected('SAME_HOST'),
  ];
  return (steps[n % steps.length] as () => RecordedEvent)();
};

/** A step in the life of a cell; nonsense is welcome, for an event in the log has happened. */
const step = ([kind, host, n]: readonly [number, number, number]): RecordedEvent => {
  const hostId = HOSTS[host % HOSTS.length] as string;
  const device = devicesOf(hostId)[n % 3] as ReturnType<typeof observation>;
  const vmId = `vm${n % 5}`;
  const steps: readonly (() => RecordedEvent)[] = [
    () => log.online(hostId, { labels: { n: String(n) }, customDevices: n % 4 !== 0 }),
    () => log.discovered(hostId, device),
    () => log.changed(hostId, { ...device, numaNode: n % 2, hostUse: n % 4 ? [] : [{ code: 'mounted', detail: '/' }] }),
    () => log.renamed(hostId, device, n % 2 ? null : `name-${n}`),
    () => log.readdressed(hostId, device, `0000:3${n % 9}:00.0`),
    () => log.reserved(hostId, vmId, [device]),
    () => log.pending(hostId, vmId, [device]),
    () => log.released(hostId, vmId, [device]),
    () => log.missing(hostId, device, vmId),
    () => log.returned(hostId, device),
    () => log.removed(hostId, device),
    () => log.stale(hostId),
    () => log.recovered(hostId),
    () => log.offline(hostId),
    () => log.vmState(vmId, n % 2 ? 'running' : 'stopped', { sequence: n, hostId }),
    () => log.adopted(hostId, vmId, [device]),
    () => log.orphaned(hostId, vmId, [device]),
    () => log.modelRegistered(`model-${n % 2}`, n % 3 ? {} : { hostIds: [hostId] }),
    () => log.modelRemoved(`model-${n % 2}`),
    () => (n % 2 ? log.draining(hostId) : log.undrained(hostId)),
    () => log.reserved(hostId, vmId, [device], undefined, `m${n % 6}`),
    () => stepOfMove(hostId, vmId, device, n),
    () => stepOfMove(hostId, vmId, device, n + 1),
    () => log.record('DeviceTransmogrified', { hostId, deviceId: device.deviceId }),
    () => log.classesExcluded('06', ...(n % 3 ? ['0302'] : []), ...(n % 5 ? [] : ['02'])),
  ];
  return (steps[kind % steps.length] as () => RecordedEvent)();
};

const append = async (count: number): Promise<void> => {
  const steps = fc.sample(fc.tuple(fc.nat(24), fc.nat(2), fc.nat(30)), { numRuns: count, seed: count });
  await journal.append({ events: steps.map(step).map(toNew) });
};

describe('the inventory', () => {
  it('is the same when it is projected as events come, with little memory, and when it is built from nothing', async () => {
    for (let batch = 0; batch < 20; batch += 1) {
      await append(15 + batch);
      await project(inventoryProjection('inventory', 4), 7);
    }
    const live = await dump();
    expect(live['devices']).toHaveLength(9);
    await migrateInventory(database.url, 'beside');
    await project(inventoryProjection('beside'), 1_000);
    expect(await dump('beside')).toEqual(live);
  });

  it('is the same after it was rebuilt and put in its place', async () => {
    await project(inventoryProjection());
    const live = await dump();
    expect(await rebuildInventory({ url: database.url, log: () => undefined })).toMatchObject({ events: await journal.head() });
    expect(await dump()).toEqual(live);
  });

  it('is repaired by a rebuild while a projector of its own is at work, which then forgets what it kept', async () => {
    const projector = new Projector({ pool, projection: inventoryProjection(), log: () => undefined });
    await projector.start();
    await projector.caughtUpTo(await journal.head(), WAIT_MS);
    const right = await dump();
    await pool.query(`update inventory.devices set state = 'available', holder = null`);
    await pool.query('delete from inventory.vms');
    await rebuildInventory({ url: database.url, log: () => undefined });
    expect(await dump()).toEqual(right);
    await append(40);
    await projector.caughtUpTo(await journal.head(), WAIT_MS);
    await projector.stop();
    const live = await dump();
    await rebuildInventory({ url: database.url, log: () => undefined });
    expect(await dump()).toEqual(live);
  });

  it('is the same when each batch fails once after its rows were written', async () => {
    await append(60);
    const inner = inventoryProjection();
    let tries = 0;
    await project(
      {
        ...inner,
        apply: async (client, events) => {
          await inner.apply(client, events);
          if ((tries += 1) % 2 === 1) throw new Error('crash between rows and checkpoint');
        },
      },
      20,
    );
    const live = await dump();
    await rebuildInventory({ url: database.url, log: () => undefined });
    expect(await dump()).toEqual(live);
  });

  it('shows devices as of a model that came after them or before them, on the hosts that it covers', async () => {
    const [covered, other, late] = ['m1', 'm2', 'm3'].map((hostId) => observation(hostId, '0000:28:00.1', { vendorId: '15b3', productId: 'a2d6' }));
    const ids = { vendorId: '15b3', productId: 'a2d6', deviceType: 'dpu' };
    const shown = async (): Promise<unknown> => {
      const { rows } = await pool.query<{ shown: string }>(
        `select host_id || ' ' || coalesce(traits ->> 'model', '-') || ' ' || (traits ->> 'deviceType') as shown
         from inventory.devices where host_id like 'm%' order by host_id`,
      );
      return rows.map((row) => row.shown);
    };
    const happens = async (...events: readonly RecordedEvent[]): Promise<void> => {
      await journal.append({ events: events.map(toNew) });
      await project(inventoryProjection());
    };
    await happens(log.discovered('m1', covered as DeviceObservation), log.discovered('m2', other as DeviceObservation));
    await happens(log.modelRegistered('DPU', { ...ids, hostIds: ['m1', 'm3'] }));
    expect(await shown()).toEqual(['m1 DPU dpu', 'm2 - NIC']);
    await happens(log.discovered('m3', late as DeviceObservation));
    expect(await shown()).toEqual(['m1 DPU dpu', 'm2 - NIC', 'm3 DPU dpu']);
    await happens(log.modelRemoved('DPU'), log.modelRegistered('BlueField', ids), log.modelRemoved('BlueField'), log.modelRegistered('DPU-2', ids));
    expect(await shown()).toEqual(['m1 DPU-2 dpu', 'm2 DPU-2 dpu', 'm3 DPU-2 dpu']);
    await happens(log.modelRemoved('DPU-2'));
    expect(await shown()).toEqual(['m1 - NIC', 'm2 - NIC', 'm3 - NIC']);
    await happens(log.discovered('m4', observation('m4', '0000:28:00.1', { vendorId: '15b3', productId: 'a2d6' })));
    expect(await shown()).toEqual(['m1 - NIC', 'm2 - NIC', 'm3 - NIC', 'm4 - NIC']);
  });

  it('judges devices by the classes that hosts keep, those that were there and those that come, and counts them so', async () => {
    const [gpu, nic] = ['030200', '020000'].map((code, n) => observation('k1', `0000:28:00.${n}`, { class: code, iommuGroup: n }));
    const shown = async (): Promise<unknown> => {
      const { rows } = await pool.query<{ class: string; state: string; code: string | null }>(
        `select observation ->> 'class' as class, state, ineligible -> 0 ->> 'code' as code from inventory.devices where host_id = 'k1' order by 1`,
      );
      const counts = await pool.query<{ state: string; devices: string }>(
        `select state, sum(counted.devices)::int as devices from inventory.host_pools counted join inventory.pools using (pool) where host_id = 'k1' group by 1 order by 1`,
      );
      return [rows.map((row) => `${row.class} ${row.state} ${row.code ?? '-'}`), counts.rows.map((row) => `${row.devices} ${row.state}`)];
    };
    const happens = async (...events: readonly RecordedEvent[]): Promise<void> => {
      await journal.append({ events: events.map(toNew) });
      await project(inventoryProjection());
    };
    await happens(log.classesExcluded('06'), log.online('k1'), log.discovered('k1', gpu as DeviceObservation));
    expect(await shown()).toEqual([['030200 available -'], ['1 available']]);
    await happens(log.classesExcluded('06', '03'), log.discovered('k1', nic as DeviceObservation));
    expect(await shown()).toEqual([
      ['020000 available -', '030200 ineligible CLASS_EXCLUDED'],
      ['1 available', '1 ineligible'],
    ]);
    await happens(log.classesExcluded('06', '02'));
    expect(await shown()).toEqual([
      ['020000 ineligible CLASS_EXCLUDED', '030200 available -'],
      ['1 available', '1 ineligible'],
    ]);
    const live = await dump();
    await rebuildInventory({ url: database.url, log: () => undefined });
    expect(await dump()).toEqual(live);
  });

  it('knows the models that another instance has projected meanwhile', async () => {
    const [one, other] = [inventoryProjection(), inventoryProjection()];
    const device = (hostId: string) => observation(hostId, '0000:28:00.1', { vendorId: '1dd8', productId: '1002' });
    const turns: readonly (readonly [Projection, RecordedEvent])[] = [
      [one, log.discovered('n1', device('n1'))],
      [other, log.modelRegistered('Elba', { vendorId: '1dd8', productId: '1002' })],
      [one, log.discovered('n2', device('n2'))],
    ];
    for (const [projection, event] of turns) {
      await journal.append({ events: [toNew(event)] });
      await project(projection);
    }
    const { rows } = await pool.query<{ model: string }>(
      `select traits ->> 'model' as model from inventory.devices where host_id in ('n1', 'n2') order by host_id`,
    );
    expect(rows.map(({ model }) => model)).toEqual(['Elba', 'Elba']);
  });

  it('passes over an event of a newer version', async () => {
    const before = await dump();
    await journal.append({ events: [toNew(log.record('DeviceTransmogrified', { hostId: 'h1', deviceId: '0'.repeat(20) }))] });
    await project(inventoryProjection());
    expect(await dump()).toEqual(before);
  });
});
