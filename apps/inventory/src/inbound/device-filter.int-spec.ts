import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { migrateJournal, Journal, Projector, openPool } from '@vfleet/journal';
import { compileMatch, topologyOf, type DeviceObservation } from '@vfleet/pci';
import { aDatabase, type TestDatabase } from '@vfleet/testing';
import fc from 'fast-check';
import type pg from 'pg';
import { DataSource } from 'typeorm';
import { aLog, observation, toNew } from '../../spec/events.js';
import { migrateInventory } from '../migrations/migrate.js';
import { DeviceEntity } from '../read-model/device.entity.js';
import { inventoryProjection } from '../read-model/inventory.projection.js';
import { toConditions, toTest } from './device-filter.js';
import { DeviceSearch } from './device-search.js';
import { Snapshots } from './snapshots.js';

const HOST = 'h1';
const net = [{ ifname: 'ens1f0', mac: '02:00:00:00:00:01', linkType: 'ether', speedMbps: 10_000 }];
const pf = observation(HOST, '0000:03:00.0', { functionType: 'pf', totalVfs: 8, net, physicalNetwork: 'physnet1', iommuGroup: 1 });
const vf = (index: number): DeviceObservation =>
  observation(HOST, `0000:03:10.${index}`, {
    functionType: 'vf',
    vfIndex: index,
    parentDeviceId: pf.deviceId,
    iommuGroup: 10 + index,
    name: '10GE',
    numaNode: index % 2,
  });
const DEVICES: readonly DeviceObservation[] = [
  pf,
  ...[0, 1, 2, 7].map(vf),
  observation(HOST, '0000:65:00.0', {
    class: '030200',
    name: 'GPU%_',
    vendorId: '10de',
    tags: { rack: 'b4', "o'dd": 'x' },
    liveMigratable: true,
    numaNode: 0,
  }),
  observation(HOST, '10000:65:00.0', {
    class: '010802',
    name: '10GE',
    driver: 'nvme',
    tags: { rack: 'b5' },
    subsystemVendorId: '1028',
    subsystemProductId: '00ff',
  }),
  { ...observation(HOST, '1-10.2', { vendorId: '046d', iommuGroup: null }), kind: 'usb' },
];

let database: TestDatabase;
let pool: pg.Pool;
let source: DataSource;

beforeAll(async () => {
  database = await aDatabase();
  pool = openPool({ url: database.url, name: 'filter-spec' });
  await migrateJournal(pool);
  await migrateInventory(database.url);
  const log = aLog();
  const removed = observation(HOST, '0000:77:00.0', { name: '10GE' });
  const events = [
    log.online(HOST),
    ...[...DEVICES, removed].map((device) => log.discovered(HOST, device)),
    log.reserved(HOST, 'vm1', [vf(0)]),
    log.removed(HOST, removed),
  ];
  await new Journal(pool).append({ events: events.map(toNew) });
  const projector = new Projector({ pool, projection: inventoryProjection(), log: () => undefined });
  await projector.start();
  await projector.caughtUpTo(events.length, 10_000);
  await projector.stop();
  source = await new DataSource({ type: 'postgres', url: database.url, schema: 'inventory', entities: [DeviceEntity] }).initialize();
});

afterAll(async () => {
  await source.destroy();
  await pool.end();
  await database.close();
});

/** By rows, as a test of each row, and by pools: all find the same. */
const find = async (filter: Record<string, unknown>): Promise<readonly string[]> => {
  const rows = await source.getRepository(DeviceEntity).createQueryBuilder('device').orderBy('device.sortKey').getMany();
  const query = source.getRepository(DeviceEntity).createQueryBuilder('device').orderBy('device.sortKey');
  for (const { sql, parameters } of toConditions(filter)) query.andWhere(sql, parameters);
  const found = (await query.getMany()).map(({ address }) => address);
  expect(rows.filter(toTest(filter)).map(({ address }) => address)).toEqual(found);
  expect((await new DeviceSearch(new Snapshots(pool)).by(filter)(undefined, 1_000)).rows.map(({ address }) => address)).toEqual(found);
  return found;
};

const topology = topologyOf(new Map(DEVICES.map((device) => [device.deviceId, device])));
const expected = (match: Record<string, unknown>): readonly string[] => {
  const compiled = compileMatch(match);
  if ('faults' in compiled) throw new Error(JSON.stringify(compiled.faults));
  return DEVICES.filter((device) => compiled.test(topology.attributesOf(device))).map(({ address }) => address);
};

const VALUES: Readonly<Record<string, readonly unknown[]>> = {
  kind: ['pci', 'usb'],
  vendorId: ['8086', '10DE', '046d'],
  productId: ['10ca', '10CA'],
  subsystemVendorId: ['1028'],
  subsystemProductId: ['00FF', '00ff'],
  class: ['02', '0302', '030200', '01', '0'],
  address: ['0000:03:10.*', '03:10.1', '03:*.?', '65:00.0', '10000:65:00.0', '*:*:*.*', '1-*.2', '?-10.2'],
  pf: ['ens1f0', 'ens1f0#0-1,7', 'ens1f0#2', 'ens9'],
  name: ['10GE', 'GPU%_', 'GPU', "'"],
  model: ['Atlas'],
  deviceType: ['SRIOV-VF', 'NIC', 'USB', 'NVME', 'GPU-HPC'],
  driver: ['vfio-pci', 'nvme'],
  functionType: ['pf', 'vf', 'plain'],
  numaNode: [0, 1, 5],
  iommuGroup: [1, 10, 17],
  physicalNetwork: ['physnet1'],
  parentDeviceId: [pf.deviceId],
  linkType: ['ether'],
  speedMbps: [10_000, 1],
  liveMigratable: [true, false],
  'tags.rack': ['b4', 'b5'],
  "tags.o'dd": ['x'],
};

/** Hundreds of queries, on a machine that may be busy. */
const LONG_MS = 120_000;
const clause = fc.constantFrom(...Object.keys(VALUES)).chain((key) => {
  const values = VALUES[key] as readonly unknown[];
  return fc.tuple(fc.constant(key), fc.oneof(fc.constantFrom(...values), fc.subarray([...values], { minLength: 1 })));
});

describe('a filter on the tables', () => {
  it.each(Object.entries(VALUES).flatMap(([key, values]) => values.map((value) => [key, value] as const)))(
    'finds by %s %s what a match finds',
    async (key, value) => {
      expect((await find({ [key]: value })).toSorted()).toEqual(expected({ [key]: value }).toSorted());
    },
  );

  it(
    'finds by any combination what a match finds',
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(clause, { minLength: 1, maxLength: 3 }), async (clauses) => {
          const match = Object.fromEntries(clauses);
          expect((await find(match)).toSorted()).toEqual(expected(match).toSorted());
        }),
        { numRuns: 300 },
      );
    },
    LONG_MS,
  );

  it('means every device when it is empty or says so, in the order of addresses, and none that is removed', async () => {
    const all = await find({});
    expect(all.toSorted()).toEqual(DEVICES.map(({ address }) => address).toSorted());
    expect(all[0]).toBe('0000:03:00.0');
    expect(await find({ all: true })).toEqual(all);
  });

  it('finds by state, holder, host and eligibility', async () => {
    expect(await find({ state: 'held' })).toEqual(['0000:03:10.0']);
    expect(await find({ state: ['held', 'removed'] })).toEqual(['0000:03:10.0', '0000:77:00.0']);
    expect(await find({ vmId: ['vm1', 'vm2'], hostId: HOST })).toEqual(['0000:03:10.0']);
    expect(await find({ hostId: 'h2' })).toEqual([]);
    expect(await find({ eligible: false, kind: 'pci' })).toEqual(['0000:03:00.0']);
  });

  it('is refused with the name of each field that is wrong', () => {
    const wrong = { vendorid: '8086', numaNode: '0', state: 'gone', eligible: 'yes', hostId: 'a.b', vmId: [], all: 1 };
    const fields = (filter: Record<string, unknown>): readonly string[] => {
      try {
        toConditions(filter);
        return [];
      } catch (error) {
        return (error as { readonly details: readonly { readonly field: string }[] }).details.map(({ field }) => field);
      }
    };
    const { all, ...others } = wrong;
    expect(fields(others)).toEqual(['filter.state', 'filter.eligible', 'filter.hostId', 'filter.vmId', 'filter.vendorid', 'filter.numaNode']);
    expect(fields({ all })).toEqual(['filter.all']);
    expect(fields({ constructor: 'x' })).toEqual(['filter.constructor']);
    expect(fields({ kind: 'PCI', functionType: ['vf', 'virtual'], linkType: 'ethernet' })).toEqual([
      'filter.kind',
      'filter.functionType',
      'filter.linkType',
    ]);
  });
});
