import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { migrateJournal, openPool } from '@vfleet/journal';
import { aDatabase, type TestDatabase } from '@vfleet/testing';
import fc from 'fast-check';
import type pg from 'pg';
import { migrateInventory } from '../migrations/migrate.js';
import type { DeviceKey } from './device-key.js';
import { DeviceSearch } from './device-search.js';
import { hostsWith } from './pool-hosts.js';
import { Snapshots } from './snapshots.js';

const HOSTS = 600;
const PER_HOST = 20;
const LONG_MS = 120_000;

/**
 * Twelve thousand devices, more than one answer looks at. Of the pools `p0` to `p49` each host has ten that lie side by side,
 * with five devices each, so that many hosts have a pool and none of them is near to the others.
 */
const FILL = [
  `insert into inventory.host_pools select 'host-' || to_char(h, 'fm000'), 'p' || (h / 12 + n) % 50, 5 from generate_series(0, ${HOSTS - 1}) h, generate_series(0, 9) n`,
  `insert into inventory.devices
     (device_id, host_id, address, sort_key, presence, observation, traits, state, eligible, ineligible, cordoned, first_seen_at, last_seen_at, pool)
   select left(md5(h || ' ' || n), 20), 'host-' || to_char(h, 'fm000'), '0000:28:00.' || n % 8, to_char(n, 'fm00'), 'present',
     jsonb_build_object('iommuGroup', n % 2, 'vfIndex', n, 'functionType', 'vf', 'tags', '{}'::jsonb, 'numaNode', case when h = ${HOSTS - 1} then 1 else 0 end),
     '{"pf": "ens1f0"}', 'available', true, '[]', false, now(), now(), 'all' from generate_series(0, ${HOSTS - 1}) h, generate_series(0, ${PER_HOST - 1}) n`,
  `insert into inventory.pools values ('all', '{"functionType": "vf", "tags": {}}', '{"pf": "ens1f0"}', 'available', true, ${HOSTS * PER_HOST})`,
  'insert into inventory.addresses select distinct address from inventory.devices',
];

let database: TestDatabase;
let pool: pg.Pool;
let snapshots: Snapshots;

beforeAll(async () => {
  database = await aDatabase();
  pool = openPool({ url: database.url, name: 'long-lists-spec' });
  await migrateJournal(pool);
  await migrateInventory(database.url);
  for (const statement of FILL) await pool.query(statement);
  snapshots = new Snapshots(pool);
}, LONG_MS);

afterAll(async () => {
  await pool.end();
  await database.close();
});

describe('the hosts that have devices of some pools', () => {
  const expected = async (names: readonly string[], from: string): Promise<readonly unknown[]> => {
    const { rows } = await pool.query<{ readonly host_id: string; readonly devices: string }>(
      'select host_id, sum(devices) as devices from inventory.host_pools where pool = any($1) and host_id >= $2 group by host_id order by host_id',
      [names, from],
    );
    return rows.map(({ host_id, devices }) => ({ hostId: host_id, devices: Number(devices) }));
  };
  const pools = fc.subarray(
    Array.from({ length: 50 }, (_, n) => `p${n}`),
    { minLength: 1 },
  );
  const anywhere = fc.integer({ min: 0, max: HOSTS }).map((host) => `host-${String(host).padStart(3, '0')}`);

  it(
    'are all told, in order, each once and with all it has, whether the pools are taken for rare or for common',
    async () => {
      await fc.assert(
        fc.asyncProperty(
          pools,
          anywhere,
          fc.constantFrom(1, 1_000_000),
          fc.integer({ min: 1, max: 10_000 }),
          async (names, first, devices, wanted) => {
            const told: unknown[] = [];
            for (let from: string | undefined = first; from !== undefined;) {
              const place: string = from;
              const { hosts, end } = await snapshots.read((snapshot) => hostsWith(snapshot, { names, devices }, place, wanted));
              told.push(...hosts);
              from = end;
            }
            expect(told).toEqual(await expected(names, first));
          },
        ),
        { numRuns: 60 },
      );
    },
    LONG_MS,
  );
});

describe('a list of more devices than one answer looks at', () => {
  const pages = async (filter: Record<string, unknown>, limit: number): Promise<readonly { readonly found: number; readonly reached: boolean }[]> => {
    const read = new DeviceSearch(snapshots).by(filter);
    const told: { found: number; reached: boolean }[] = [];
    for (let after: DeviceKey | undefined; ;) {
      const { rows, reached } = await read(after, limit);
      told.push({ found: rows.length, reached: reached !== undefined });
      const last = rows.at(-1);
      if (!reached && (rows.length < limit || !last)) return told;
      after = reached ?? (last && [last.hostId, last.sortKey, last.deviceId]);
    }
  };

  it('ends early where nothing fits, says where, and finds what is behind that', async () => {
    expect(await pages({ hostId: 'host-599', numaNode: 1 }, 100)).toEqual([{ found: 20, reached: false }]);
    const told = await pages({ iommuGroup: [0, 1], address: '0000:77:00.3' }, 100);
    expect(told.length).toBeGreaterThan(1);
    expect(told).toEqual(told.map((_, index) => ({ found: 0, reached: index < told.length - 1 })));
  });

  it.each<[Record<string, unknown>, number, number]>([
    [{ pf: 'ens1f0#0-19' }, 1_000, HOSTS * PER_HOST],
    [{ iommuGroup: [0, 1] }, 1_000, HOSTS * PER_HOST],
    [{ address: '0000:28:00.*' }, 1_000, HOSTS * PER_HOST],
    [{ hostId: ['host-000', 'host-001', 'host-300', 'host-599'] }, 30, 4 * PER_HOST],
    [{}, 1_000, HOSTS * PER_HOST],
  ])(
    'shows each device of several values once, in the order of the list: %j, %i at a time',
    async (filter, limit, count) => {
      const read = new DeviceSearch(snapshots).by(filter);
      const keys: string[] = [];
      for (let after: DeviceKey | undefined; ;) {
        const { rows } = await read(after, limit);
        keys.push(...rows.map(({ hostId, sortKey }) => `${hostId} ${sortKey}`));
        const last = rows.at(-1);
        if (rows.length < limit || !last) break;
        after = [last.hostId, last.sortKey, last.deviceId];
      }
      expect(keys).toHaveLength(count);
      expect(keys).toEqual([...keys].sort());
      expect(new Set(keys).size).toBe(keys.length);
    },
    LONG_MS,
  );
});
