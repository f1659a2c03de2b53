import { Injectable } from '@nestjs/common';
import type { DeviceEntity } from '../read-model/device.entity.js';
import { DEVICE_COLUMNS, toShown, type StoredDevice } from '../read-model/device.table.js';
import { SCHEMA } from '../read-model/inventory.projection.js';
import { asList, type Filter } from './condition.js';
import { toConditions } from './device-filter.js';
import { compareKeys, type DeviceKey } from './device-key.js';
import { inPools, poolsOf, type AskedPools } from './device-pools.js';
import { EVERY_DEVICE, inStreams, streamsOf, type FoundKeys } from './device-streams.js';
import { demandsOf } from './pooled-filter.js';
import { Snapshots, type Snapshot } from './snapshots.js';
import type { Where } from './where.js';

/** Devices in the order of lists. `reached`: it has looked at enough, and there may be more behind this. */
export interface FoundDevices {
  readonly rows: readonly DeviceEntity[];
  readonly reached?: DeviceKey;
}

/** Reads as many devices as one page needs, and looks at few others on the way to them. */
export type ReadDevices = (after: DeviceKey | undefined, limit: number) => Promise<FoundDevices>;

/** Of fewer devices than this, one asks their pools rather than the devices that share another value. */
const FEW = 4_096;

/**
 * Finds the devices that a filter lets through among a million others. First their keys, by what is likely to have fewest
 * others on the way: an index that has the devices of one value in the order of lists, or the pools that match, which say
 * which hosts have any. Then their rows. All of one answer is read as of one moment.
 */
@Injectable()
export class DeviceSearch {
  constructor(private readonly snapshots: Snapshots) {}

  /**
   * `where` only helps to find: whoever asks has to try it on what is found, unless it asks for nothing but pools. `since`: what has
   * to be awaited before the moment as of which it reads.
   * @throws ApiError 400, naming `filter.<key>`
   */
  by(filter: Filter = {}, where?: Where, since?: () => Promise<void>): ReadDevices {
    toConditions(filter);
    const parts = withoutRemoved(filter);
    return (after, limit) =>
      this.snapshots.read(async (snapshot) => {
        const found = await Promise.all(parts.map((part) => keysOf(snapshot, part, where, after, limit)));
        const { keys, reached } = merged(found, limit);
        return { rows: await rowsOf(snapshot, keys), ...(reached && { reached }) };
      }, since);
  }
}

/** Removed devices are in no pool: they are looked for by themselves. */
const withoutRemoved = (filter: Filter): readonly Filter[] => {
  const states = asList(filter['state'] ?? []);
  if (!states.includes('removed') || states.every((state) => state === 'removed')) return [filter];
  return [
    { ...filter, state: 'removed' },
    { ...filter, state: states.filter((state) => state !== 'removed') },
  ];
};

const keysOf = async (
  snapshot: Snapshot,
  filter: Filter,
  where: Where | undefined,
  after: DeviceKey | undefined,
  limit: number,
): Promise<FoundKeys> => {
  const conditions = [...toConditions(filter), ...(where ? demandsOf(where, 'devices') : [])];
  const streams = await streamsOf(snapshot, filter);
  const pools = asList(filter['state']).includes('removed') || hasFewest(filter) ? undefined : await poolsOf(snapshot, filter, where);
  if (pools && (!streams || pools.devices <= FEW)) return inPools(snapshot, pools, conditions, after, limit);
  return inStreams(snapshot, streams ?? EVERY_DEVICE, pools ? [within(pools), ...conditions] : conditions, after, limit);
};

/** What is a VM's, a PF's or a host's is never many. */
const hasFewest = (filter: Filter): boolean => 'vmId' in filter || 'parentDeviceId' in filter || 'hostId' in filter;

const within = ({ names }: AskedPools) => ({ sql: 'device.pool = any(:within)', parameters: { within: names } });

/** Up to where the first of them has ended, nothing is left out. */
const merged = (found: readonly FoundKeys[], limit: number): FoundKeys => {
  const [only, another] = found;
  if (only && !another) return only;
  const [reached] = found.flatMap((one) => (one.reached ? [one.reached] : [])).sort(compareKeys);
  const keys = found
    .flatMap((one) => one.keys)
    .filter((key) => !reached || compareKeys(key, reached) <= 0)
    .sort(compareKeys)
    .slice(0, limit);
  return { keys, ...(reached && keys.length < limit && { reached }) };
};

/** Made of rows by hand: that takes a third of the time that an entity takes. Not spread: what is spread and then grows leaves a shape of its own behind. */
const rowsOf = async (snapshot: Snapshot, keys: readonly DeviceKey[]): Promise<readonly DeviceEntity[]> => {
  if (keys.length === 0) return [];
  const ids = keys.map(([, , deviceId]) => deviceId);
  const stored = await snapshot.rows<StoredDevice>(`select ${DEVICE_COLUMNS} from ${SCHEMA}.devices where device_id = any($1)`, [ids]);
  const rows = new Map(
    stored.map((row) => [row.device_id, Object.assign(toShown(row), { sortKey: row.sort_key, address: row.observation.address })]),
  );
  return ids.flatMap((id) => rows.get(id) ?? []);
};
