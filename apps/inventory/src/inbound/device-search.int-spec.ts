import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Journal, Projector, migrateJournal, openPool } from '@vfleet/journal';
import { aDatabase, type TestDatabase } from '@vfleet/testing';
import fc from 'fast-check';
import type pg from 'pg';
import { DataSource } from 'typeorm';
import { aLog, observation, toNew } from '../../spec/events.js';
import { migrateInventory } from '../migrations/migrate.js';
import { DeviceEntity } from '../read-model/device.entity.js';
import { inventoryProjection } from '../read-model/inventory.projection.js';
import { toTest } from './device-filter.js';
import type { DeviceKey } from './device-key.js';
import { DeviceSearch } from './device-search.js';
import { Snapshots } from './snapshots.js';

const HOSTS = 40;
const DEVICES = 6;

/** Some things are on every host, some on a few that are far behind each other, one only on the last. */
const deviceOn = (host: number, n: number) =>
  observation(`host-${String(host).padStart(2, '0')}`, `0000:28:00.${n}`, {
    iommuGroup: n,
    name: n < 3 ? '10GE' : `name-${host % 7}`,
    numaNode: (host + n) % 2,
    ...(host === HOSTS - 1 && n === 5 && { vendorId: '10de' }),
    tags: host % 13 === 5 ? { rack: 'b4' } : {},
    net: n === 0 ? [{ ifname: 'ens1f0', mac: '02:00:00:00:00:01' }] : [],
    functionType: n === 0 ? 'pf' : 'plain',
  });

let database: TestDatabase;
let pool: pg.Pool;
let source: DataSource;
let rows: readonly DeviceEntity[];

beforeAll(async () => {
  database = await aDatabase();
  pool = openPool({ url: database.url, name: 'search-spec' });
  await migrateJournal(pool);
  await migrateInventory(database.url);
  const log = aLog();
  const devices = Array.from({ length: HOSTS }, (_, host) => Array.from({ length: DEVICES }, (__, n) => deviceOn(host, n))).flat();
  const hostOf = (index: number): string => `host-${String(Math.floor(index / DEVICES)).padStart(2, '0')}`;
  const events = [
    ...devices.map((device, index) => log.discovered(hostOf(index), device)),
    ...devices.flatMap((device, index) => (index % 11 === 3 ? [log.reserved(hostOf(index), `vm-${index}`, [device])] : [])),
    ...devices.flatMap((device, index) => (index % 17 === 4 ? [log.removed(hostOf(index), device)] : [])),
  ];
  await new Journal(pool).append({ events: events.map(toNew) });
  const projector = new Projector({ pool, projection: inventoryProjection(), log: () => undefined });
  await projector.start();
  await projector.caughtUpTo(events.length, 10_000);
  await projector.stop();
  source = await new DataSource({ type: 'postgres', url: database.url, schema: 'inventory', entities: [DeviceEntity] }).initialize();
  rows = await source.getRepository(DeviceEntity).find({ order: { hostId: 'ASC', sortKey: 'ASC', deviceId: 'ASC' } });
});

afterAll(async () => {
  await source.destroy();
  await pool.end();
  await database.close();
});

const byPages = async (filter: Record<string, unknown>, limit: number): Promise<readonly string[]> => {
  const read = new DeviceSearch(new Snapshots(pool)).by(filter);
  const found: string[] = [];
  for (let after: DeviceKey | undefined; ;) {
    const { rows: page, reached } = await read(after, limit);
    found.push(...page.map(({ deviceId }) => deviceId));
    const last = page.at(-1);
    after = reached ?? (last && [last.hostId, last.sortKey, last.deviceId]);
    if (!reached && (page.length < limit || !after)) return found;
  }
};

const VALUES: Readonly<Record<string, readonly unknown[]>> = {
  vendorId: ['8086', '10de'],
  name: ['10GE', 'name-3', 'none'],
  numaNode: [0, 1],
  'tags.rack': ['b4'],
  pf: ['ens1f0', 'ens1f0#0-3'],
  state: ['available', 'held', 'removed'],
  eligible: [true, false],
  hostId: ['host-05', 'host-39', 'nowhere'],
  vmId: ['vm-3', 'vm-14'],
  address: ['*:28:00.1', '0000:28:00.5'],
  iommuGroup: [2, 5],
};
const clause = fc
  .constantFrom(...Object.keys(VALUES))
  .chain((key) => fc.tuple(fc.constant(key), fc.subarray([...(VALUES[key] ?? [])], { minLength: 1 })));

describe('pages of devices', () => {
  it.each<[object, number]>([
    [{}, 226],
    [{ vendorId: '10de' }, 1],
    [{ 'tags.rack': 'b4' }, 17],
    [{ name: 'none' }, 0],
  ])('show all of %j, each once, however far they are behind each other', async (filter, count) => {
    const expected = rows.filter(toTest({ ...filter })).map(({ deviceId }) => deviceId);
    expect(expected).toHaveLength(count);
    for (const limit of [1, 4, 100]) expect(await byPages({ ...filter }, limit)).toEqual(expected);
  });

  it('show what each row would pass, in order, for any filter and length', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(clause, { maxLength: 3 }), fc.integer({ min: 2, max: 50 }), async (clauses, limit) => {
        const filter = Object.fromEntries(clauses);
        expect(await byPages(filter, limit)).toEqual(rows.filter(toTest(filter)).map(({ deviceId }) => deviceId));
      }),
      { numRuns: 150 },
    );
  }, 120_000);
});
