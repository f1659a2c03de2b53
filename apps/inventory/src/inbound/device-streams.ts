import { isGlob } from '@vfleet/pci';
import { SCHEMA } from '../read-model/inventory.projection.js';
import { addressed, writtenAddress } from './address-filter.js';
import { allOf, asList, toStatement, type Condition, type Filter } from './condition.js';
import { compareKeys, type DeviceKey } from './device-key.js';
import type { Snapshot } from './snapshots.js';

/** Devices that share a value, which an index has in the order of lists: one stream for each value. */
export interface Streams {
  /** Of a row `device`, and of the value as `wanted.value`. */
  readonly sql: string;
  /** Of the values, in PostgreSQL. */
  readonly type: 'text' | 'jsonb';
  readonly values: readonly string[];
}

/** The keys of devices that were found, in order. `reached`: it has looked at enough, and there may be more behind this. */
export interface FoundKeys {
  readonly keys: readonly DeviceKey[];
  readonly reached?: DeviceKey;
}

export const EVERY_DEVICE: Streams = { sql: 'true', type: 'text', values: [''] };
const REMOVED: Streams = { sql: `device.presence = 'removed'`, type: 'text', values: [''] };
const VF = `(device.traits ->> 'pf') || '#' || (device.observation ->> 'vfIndex') = wanted.value and device.observation ->> 'vfIndex' is not null`;

/** More values than this are no help: so many devices have them that the next one is not far. */
const MANY = 256;

/** The streams that a filter names, the shortest there are; undefined where it names none. What else it says is asked of their devices. */
export const streamsOf = async (snapshot: Snapshot, filter: Filter): Promise<Streams | undefined> => {
  const texts = (key: string): readonly string[] => [...new Set(asList(filter[key]).map(String))];
  const asJson = (key: string): readonly string[] => [...new Set(asList(filter[key]).map((value) => JSON.stringify(value)))];
  if ('vmId' in filter) return { sql: 'device.vm_id = wanted.value', type: 'text', values: texts('vmId') };
  if ('parentDeviceId' in filter)
    return { sql: `device.observation -> 'parentDeviceId' = wanted.value`, type: 'jsonb', values: asJson('parentDeviceId') };
  if ('hostId' in filter) return { sql: 'device.host_id = wanted.value', type: 'text', values: texts('hostId') };
  if ('state' in filter && texts('state').every((state) => state === 'removed')) return REMOVED;
  const vfs = 'pf' in filter ? vfsOf(texts('pf')) : undefined;
  if (vfs) return { sql: VF, type: 'text', values: vfs };
  if ('iommuGroup' in filter) return { sql: `device.observation -> 'iommuGroup' = wanted.value`, type: 'jsonb', values: asJson('iommuGroup') };
  const addresses = 'address' in filter ? await addressesOf(snapshot, texts('address')) : undefined;
  return addresses && { sql: 'device.address collate "C" = wanted.value', type: 'text', values: addresses };
};

/** `ens1f0#0-1` as `ens1f0#0`, `ens1f0#1`; undefined where a PF is meant with all its VFs, or very many are. */
const vfsOf = (pfs: readonly string[]): readonly string[] | undefined => {
  const vfs = new Set<string>();
  for (const pf of pfs) {
    const [name, ranges] = pf.split('#');
    if (ranges === undefined) return undefined;
    for (const range of ranges.split(',')) {
      const [from = 0, to = from] = range.split('-').map(Number);
      if (to - from >= MANY) return undefined;
      for (let index = from; index <= to; index += 1) vfs.add(`${name}#${index}`);
    }
  }
  return vfs.size > MANY ? undefined : [...vfs];
};

/** The addresses that are meant, globs as those that any device has had; undefined where they are many. */
const addressesOf = async (snapshot: Snapshot, asked: readonly string[]): Promise<readonly string[] | undefined> => {
  if (!asked.some(isGlob)) return [...new Set(asked.map(writtenAddress))];
  const { sql, parameters } = addressed(asked, 'asked');
  const { text, values } = toStatement(`select address from ${SCHEMA}.addresses device where ${sql} limit ${MANY + 1}`, parameters);
  const rows = await snapshot.rows<{ readonly address: string }>(text, values);
  return rows.length > MANY ? undefined : rows.map(({ address }) => address);
};

/** Devices that one answer looks at; where too few of them fit, it ends there. */
const MAX_LOOKED_AT = 4_000;
/** Looks first at so many for each that is wanted; at more where several conditions may leave few. */
const FIRST = 2;
const FIRST_OF_MANY = 4;
/** Where too few fit it looks further, by this factor at most. */
const GROWTH = 8;
/** More than what fitted so far lets expect: seldom a third look for the last few. */
const MARGIN = 1.3;
const LEAST = 16;

/**
 * The first devices of all streams together that meet the conditions. So many of each stream are looked at, in order; what
 * all have been looked at up to is known, and from there it goes on.
 */
export const inStreams = async (
  snapshot: Snapshot,
  streams: Streams,
  conditions: readonly Condition[],
  after: DeviceKey | undefined,
  limit: number,
): Promise<FoundKeys> => {
  const keys: DeviceKey[] = [];
  if (streams.values.length === 0) return { keys };
  const first = conditions.length > 1 ? FIRST_OF_MANY : FIRST;
  let each = Math.max(LEAST, Math.ceil((first * limit) / streams.values.length));
  let place = after;
  for (let looked = 0; looked < MAX_LOOKED_AT;) {
    each = Math.max(1, Math.min(each, Math.ceil((MAX_LOOKED_AT - looked) / streams.values.length)));
    const { fitting, end } = await look(snapshot, streams, allOf(conditions), place, each);
    for (const key of fitting) if (!end || compareKeys(key, end) <= 0) keys.push(key);
    if (!end || keys.length >= limit) return { keys: keys.slice(0, limit) };
    place = end;
    looked += each * streams.values.length;
    const expected = ((limit - keys.length) * looked * MARGIN) / Math.max(1, keys.length);
    each = Math.min(GROWTH * each, Math.max(LEAST, Math.ceil(expected / streams.values.length)));
  }
  return place ? { keys, reached: place } : { keys };
};

interface Looked {
  readonly fitting: readonly DeviceKey[];
  /** Up to where every stream was looked at; undefined when there is nothing more in any of them. */
  readonly end: DeviceKey | undefined;
}

interface Row {
  readonly host_id: string;
  readonly sort_key: string;
  readonly device_id: string;
  readonly fits: boolean;
  readonly last: boolean;
}

const KEY = 'device.host_id, device.sort_key, device.device_id';

const look = async (
  snapshot: Snapshot,
  { sql, type, values: wanted }: Streams,
  condition: Condition,
  after: DeviceKey | undefined,
  each: number,
): Promise<Looked> => {
  const behind = after ? `and (${KEY}) > (:after_host, :after_sort, :after_device)` : '';
  const { text, values } = toStatement(
    `select found.* from unnest(cast(:wanted as ${type}[])) as wanted(value) cross join lateral (
       select ${KEY}, coalesce(${condition.sql}, false) as fits, row_number() over (order by ${KEY}) = :each as last
       from (select * from ${SCHEMA}.devices device where ${sql} ${behind} order by ${KEY} limit :each) device) found
     where found.fits or found.last`,
    { ...condition.parameters, wanted, each, ...(after && { after_host: after[0], after_sort: after[1], after_device: after[2] }) },
  );
  const rows = (await snapshot.rows<Row>(text, values)).map((row) => ({ key: keyOf(row), fits: row.fits, last: row.last }));
  rows.sort((a, b) => compareKeys(a.key, b.key));
  return { fitting: rows.filter(({ fits }) => fits).map(({ key }) => key), end: rows.find(({ last }) => last)?.key };
};

const keyOf = ({ host_id, sort_key, device_id }: Row): DeviceKey => [host_id, sort_key, device_id];
