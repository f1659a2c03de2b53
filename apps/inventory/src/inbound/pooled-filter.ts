import { POOLED, POOLED_TRAITS } from '../read-model/pool.js';
import { asList, type Condition, type Filter } from './condition.js';
import { toConditions } from './device-filter.js';
import { MATCH } from './filter-keys.js';
import type { Where } from './where.js';

/** What a filter says that pools are told apart by, as conditions on their table; none where it says nothing of that. */
export const poolConditions = (filter: Filter): readonly Condition[] => {
  const { pf, ...others } = filter;
  const named = pf === undefined ? {} : { pf: asList(pf).map((one) => String(one).split('#')[0]) };
  const asked = Object.entries({ ...others, ...named }).filter(([key]) => OF_POOLS.has(key) && key !== 'all' && key !== 'hostId');
  const tags = Object.entries(filter).filter(([key]) => key.startsWith('tags.'));
  if (asked.length + tags.length === 0) return [];
  return toConditions(Object.fromEntries([...asked, ...tags]), 'pool_').filter(({ sql }) => !sql.startsWith('device.presence'));
};

/** Whether a filter, or a grouping, asks only for what pools of devices are told apart by, and for their hosts. */
export const isPooled = (keys: Iterable<string>, filter: Filter = {}): boolean => {
  for (const key of [...keys, ...Object.keys(filter)]) if (!OF_POOLS.has(key) && !key.startsWith('tags.')) return false;
  return !asList(filter['state']).includes('removed');
};

/** Whether a filter asks for VFs by their indexes, which pools do not tell apart. */
export const asksForIndexes = (filter: Filter = {}): boolean => asList(filter['pf'] ?? '').some((pf) => String(pf).includes('#'));

const OF_POOLS: ReadonlySet<string> = new Set<string>([...POOLED, ...POOLED_TRAITS, 'hostId', 'state', 'eligible', 'all']);

/** Whether what is read of a device, by the names that a `where` has for it, is what pools are told apart by. */
export const readsPools = (attributes: readonly string[]): boolean =>
  attributes.every((name) => OF_DEVICES.has(name.startsWith('tags.') ? 'tags' : name));

/** What a row has to have for a `where` to fit it, as conditions: on pools with what those are told apart by, on devices with all else. */
export const demandsOf = ({ equals }: Pick<Where, 'equals'>, on: 'pools' | 'devices'): readonly Condition[] =>
  [...equals].flatMap(([name, value], index) => {
    if (readsPools([name]) !== (on === 'pools')) return [];
    const [key, wanted] = [`where_${index}_key`, `where_${index}`];
    const tag = name.startsWith('tags.');
    const found = tag
      ? `device.observation -> 'tags' -> cast(:${key} as text)`
      : `coalesce(device.traits -> cast(:${key} as text), device.observation -> cast(:${key} as text))`;
    const parameters = { [key]: tag ? name.slice('tags.'.length) : name, [wanted]: JSON.stringify(value) };
    return [{ sql: `${found} = cast(:${wanted} as jsonb)`, parameters }];
  });

const OF_DEVICES: ReadonlySet<string> = new Set<string>([...POOLED, ...POOLED_TRAITS, 'tags']);

/** The value of a key as JSON, for every key of a filter; undefined for what is no such key. `parameter` stands for a tag's key. */
export const valueOf = (key: string, parameter: string): Condition | undefined => {
  if (key.startsWith('tags.') && key.length > 'tags.'.length)
    return { sql: `device.observation -> 'tags' -> :${parameter}`, parameters: { [parameter]: key.slice('tags.'.length) } };
  const column = COLUMNS.get(key);
  if (column !== undefined) return { sql: column, parameters: {} };
  if (TRAITS.has(key)) return { sql: `device.traits -> '${key}'`, parameters: {} };
  return Object.hasOwn(MATCH, key) ? { sql: `device.observation -> '${key}'`, parameters: {} } : undefined;
};

const TRAITS: ReadonlySet<string> = new Set<string>(POOLED_TRAITS);
const COLUMNS: ReadonlyMap<string, string> = new Map([
  ['hostId', 'to_jsonb(device.host_id)'],
  ['vmId', 'to_jsonb(device.vm_id)'],
  ['state', 'to_jsonb(device.state)'],
  ['eligible', 'to_jsonb(device.eligible)'],
  ['address', 'to_jsonb(device.address)'],
]);
