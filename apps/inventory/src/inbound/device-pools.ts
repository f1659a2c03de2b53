import { SCHEMA } from '../read-model/inventory.projection.js';
import { allOf, toStatement, type Condition, type Filter } from './condition.js';
import { behindHost, type DeviceKey } from './device-key.js';
import type { FoundKeys } from './device-streams.js';
import { hostsWith, type HostShare, type Pools } from './pool-hosts.js';
import { demandsOf, poolConditions } from './pooled-filter.js';
import type { Where } from './where.js';
import type { Snapshot } from './snapshots.js';

export type AskedPools = Pools;

interface PoolRow {
  readonly pool: string;
  readonly devices: string;
}

/** The pools that a filter and a `where` let through, as far as they ask of pools; undefined where neither says anything of them. */
export const poolsOf = async (snapshot: Snapshot, filter: Filter, where: Where | undefined): Promise<AskedPools | undefined> => {
  const conditions = [...poolConditions(filter), ...(where ? demandsOf(where, 'pools') : [])];
  const ofPools = where?.ofPools === true ? where : undefined;
  if (conditions.length === 0 && !ofPools) return undefined;
  const { sql, parameters } = allOf(conditions);
  const { text, values } = toStatement(`select pool, devices from ${SCHEMA}.pools device where ${sql}`, parameters);
  const rows = await snapshot.rows<PoolRow>(text, values);
  const passed = ofPools ? await passing(snapshot, rows, ofPools) : rows;
  return { names: passed.map(({ pool }) => pool), devices: passed.reduce((sum, { devices }) => sum + Number(devices), 0) };
};

/** Pools that an answer is kept for: a fleet has some thousands at a time. */
const MAX_TRIED = 10_000;

/** What a pool is told apart by never changes, so that each is tried once. */
const passing = async (snapshot: Snapshot, rows: readonly PoolRow[], where: Where): Promise<readonly PoolRow[]> => {
  if (where.tried.size > MAX_TRIED) where.tried.clear();
  const untried = rows.flatMap(({ pool }) => (where.tried.has(pool) ? [] : [pool]));
  if (untried.length > 0)
    for (const row of await snapshot.rows<Pick<Parameters<Where['fits']>[0], 'observation' | 'traits'> & PoolRow>(
      `select pool, observation, traits from ${SCHEMA}.pools where pool = any($1)`,
      [untried],
    ))
      where.tried.set(row.pool, where.fits(row));
  return rows.filter(({ pool }) => where.tried.get(pool));
};

/** Hosts that one answer looks at; where they have too few devices that fit, it ends there. */
const MAX_HOSTS = 512;
/** Looks for this many times as many devices where those of the pools did not fit. */
const GROWTH = 4;

/** The first devices of some pools that meet the conditions, from host to host that has any. */
export const inPools = async (
  snapshot: Snapshot,
  pools: AskedPools,
  conditions: readonly Condition[],
  after: DeviceKey | undefined,
  limit: number,
): Promise<FoundKeys> => {
  const keys: DeviceKey[] = [];
  let from = after?.[0] ?? '';
  let hosts = 0;
  for (let wanted = limit; ; wanted *= GROWTH) {
    const found = await hostsWith(snapshot, pools, from, wanted);
    const first = enough(found.hosts, after, wanted);
    keys.push(...(await onHosts(snapshot, first, pools, conditions, after, limit - keys.length)));
    const rest = first.length < found.hosts.length;
    if (keys.length >= limit || (!rest && found.end === undefined)) return { keys };
    const last = first.at(-1) ?? from;
    from = rest ? `${last}${BEHIND}` : (found.end as string);
    hosts += first.length;
    if (hosts >= MAX_HOSTS) return { keys, reached: behindHost(last) };
  }
};

/** Sorts behind a host's id, and before every other one that is behind it. */
const BEHIND = '\u0001';

/** The first hosts that have enough devices together; what is left of the host where the page before has ended is not known. */
const enough = (shares: readonly HostShare[], after: DeviceKey | undefined, limit: number): readonly string[] => {
  const hosts: string[] = [];
  let devices = 0;
  for (const share of shares) {
    if (devices >= limit || hosts.length >= MAX_HOSTS) break;
    hosts.push(share.hostId);
    if (share.hostId !== after?.[0]) devices += share.devices;
  }
  return hosts;
};

const KEY = 'device.host_id, device.sort_key, device.device_id';

/** Hidden from the planner, which would weigh each of some hundred names for a millisecond and come to the same. */
const UNSEEN = 'array(select unnest(cast(:names as text[])))';

const onHosts = async (
  snapshot: Snapshot,
  hosts: readonly string[],
  { names }: AskedPools,
  conditions: readonly Condition[],
  after: DeviceKey | undefined,
  limit: number,
): Promise<readonly DeviceKey[]> => {
  if (hosts.length === 0) return [];
  const { sql, parameters } = allOf(conditions);
  const behind = after ? `and (${KEY}) > (:after_host, :after_sort, :after_device)` : '';
  const { text, values } = toStatement(
    `select ${KEY} from unnest(cast(:hosts as text[])) as wanted(host_id) cross join lateral
       (select * from ${SCHEMA}.devices where devices.host_id = wanted.host_id and pool = any(${UNSEEN}) offset 0) device
     where ${sql} ${behind} order by ${KEY} limit :limit`,
    { ...parameters, hosts, names, limit, ...(after && { after_host: after[0], after_sort: after[1], after_device: after[2] }) },
  );
  const rows = await snapshot.rows<{ readonly host_id: string; readonly sort_key: string; readonly device_id: string }>(text, values);
  return rows.map(({ host_id, sort_key, device_id }) => [host_id, sort_key, device_id] as const);
};
