import type pg from 'pg';
import { batch } from './batch.js';
import type { Pool, PoolChange } from './pool.js';

/** Changes of the pools of one host. */
export interface HostPools {
  readonly hostId: string;
  readonly pools: readonly PoolChange[];
}

interface Row extends Pool {
  readonly devices: number;
}

interface HostRow {
  readonly hostId: string;
  readonly pool: string;
  readonly devices: number;
}

const pools = batch<Row>([
  { name: 'pool', type: 'text', of: ({ pool }) => pool },
  { name: 'observation', type: 'jsonb', of: ({ observation }) => observation },
  { name: 'traits', type: 'jsonb', of: ({ traits }) => traits },
  { name: 'state', type: 'text', of: ({ state }) => state },
  { name: 'eligible', type: 'boolean', of: ({ eligible }) => eligible },
  { name: 'devices', type: 'bigint', of: ({ devices }) => devices },
]);
const hostPools = batch<HostRow>([
  { name: 'host_id', type: 'text', of: ({ hostId }) => hostId },
  { name: 'pool', type: 'text', of: ({ pool }) => pool },
  { name: 'devices', type: 'bigint', of: ({ devices }) => devices },
]);

/** Counters of devices, by pool, and by host and pool. A counter at zero goes: there are no devices of its kind. */
export const poolTable = (schema: string) => ({
  change: async (client: pg.ClientBase, changes: readonly HostPools[]): Promise<void> => {
    const ofHosts = changes.flatMap(({ hostId, pools: some }) => some.map(({ pool: { pool }, delta }) => ({ hostId, pool, devices: delta })));
    if (ofHosts.length === 0) return;
    await client.query({
      name: `${schema} put host pools`,
      text: `insert into ${schema}.host_pools as counted (${hostPools.names}) select * from ${hostPools.source} row
        on conflict (host_id, pool) do update set devices = counted.devices + excluded.devices`,
      values: hostPools.values(ofHosts),
    });
    await client.query(`delete from ${schema}.host_pools where devices = 0`);
    await client.query({
      name: `${schema} put pools`,
      text: `insert into ${schema}.pools as counted (${pools.names}) select * from ${pools.source} row
        on conflict (pool) do update set devices = counted.devices + excluded.devices`,
      values: pools.values([...summed(changes).values()]),
    });
    await client.query(`delete from ${schema}.pools where devices = 0`);
  },
});

const summed = (changes: readonly HostPools[]): ReadonlyMap<string, Row> => {
  const sums = new Map<string, Row>();
  for (const { pool, delta } of changes.flatMap(({ pools: some }) => some))
    sums.set(pool.pool, { ...pool, devices: (sums.get(pool.pool)?.devices ?? 0) + delta });
  return sums;
};
