import { SCHEMA } from '../read-model/inventory.projection.js';
import type { Snapshot } from './snapshots.js';

/** Pools by name, and the devices in all of them. */
export interface Pools {
  readonly names: readonly string[];
  readonly devices: number;
}

/** A host, and how many devices of the pools it has. */
export interface HostShare {
  readonly hostId: string;
  readonly devices: number;
}

/** Hosts in order. `end`: up to where there are no others, that host included; undefined when there are none behind them. */
export interface FoundHosts {
  readonly hosts: readonly HostShare[];
  readonly end?: string;
}

/** Of fewer devices than this all hosts are looked up at once. */
const FEW = 2_048;
/** Counters that are read in the order of hosts to see whether the pools are common there. */
const WALKED = 512;
/** Counters that are looked up in all pools together. */
const SOUGHT = 2_048;

/**
 * The next hosts, `from` included, that have so many devices of some pools together. Where the pools are common one walks from
 * host to host; where they are rare, or far behind, each pool says which hosts come next. Both look at a bounded number of
 * counters, so that the last host may have to be asked for by another call.
 */
export const hostsWith = async (snapshot: Snapshot, pools: Pools, from: string, devices: number): Promise<FoundHosts> => {
  if (pools.names.length === 0) return { hosts: [] };
  if (pools.devices <= FEW) return seek(snapshot, pools, from, FEW);
  const near = await walk(snapshot, pools, from, WALKED);
  if (near.end === undefined || sumOf(near.hosts) >= devices) return near;
  const far = await seek(snapshot, pools, near.end, Math.max(1, Math.floor(SOUGHT / pools.names.length)));
  return { ...far, hosts: [...near.hosts, ...far.hosts] };
};

const sumOf = (hosts: readonly HostShare[]): number => hosts.reduce((sum, { devices }) => sum + devices, 0);

interface Row {
  readonly host_id: string;
  readonly devices: string;
}

const toShare = ({ host_id, devices }: Row): HostShare => ({ hostId: host_id, devices: Number(devices) });

/** The host at the end may have been cut off: it is left to the next call, unless nothing comes before it. */
const walk = async (snapshot: Snapshot, pools: Pools, from: string, counters: number): Promise<FoundHosts> => {
  const rows = await snapshot.rows<Row & { readonly counters: string }>(
    `with walked as materialized (select host_id, pool, devices from ${SCHEMA}.host_pools where host_id >= $2 order by host_id, pool limit $3)
     select host_id, coalesce(sum(devices) filter (where pool = any($1)), 0) as devices, count(*) as counters
     from walked group by host_id order by host_id`,
    [pools.names, from, counters],
  );
  const there = (some: readonly Row[]): readonly HostShare[] => some.map(toShare).filter((host) => host.devices > 0);
  if (rows.reduce((sum, row) => sum + Number(row.counters), 0) < counters) return { hosts: there(rows) };
  if (rows.length === 1) return walk(snapshot, pools, from, 2 * counters);
  return { hosts: there(rows.slice(0, -1)), end: rows.at(-1)?.host_id as string };
};

/** The first hosts of each pool. Up to the host at which the first pool has more, nothing is left out. */
const seek = async (snapshot: Snapshot, pools: Pools, from: string, each: number): Promise<FoundHosts> => {
  const rows = await snapshot.rows<Row & { readonly horizon: string | null }>(
    `with sought as materialized (
       select wanted.pool, found.host_id, found.devices from unnest($1::text[]) as wanted(pool) cross join lateral
         (select host_id, devices from ${SCHEMA}.host_pools where host_pools.pool = wanted.pool and host_id >= $2 order by host_id limit $3) found),
     horizon as (select min(host_id) as host_id from (select max(host_id) as host_id from sought group by pool having count(*) = $3) stopped)
     select sought.host_id, sum(sought.devices) as devices, horizon.host_id as horizon from sought, horizon
     where horizon.host_id is null or sought.host_id <= horizon.host_id group by sought.host_id, horizon.host_id order by sought.host_id`,
    [pools.names, from, each],
  );
  const horizon = rows[0]?.horizon ?? undefined;
  return { hosts: rows.map(toShare), ...(horizon !== undefined && { end: `${horizon}${BEHIND}` }) };
};

/** Sorts behind a host's id, and before every other one that is behind it. */
const BEHIND = '\u0001';
