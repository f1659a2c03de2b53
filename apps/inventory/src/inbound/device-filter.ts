import { DEVICE_STATES, invalidRequest } from '@vfleet/contracts';
import { POOLED, POOLED_TRAITS } from '../read-model/pool.js';
import type { ShownDevice } from '../read-model/host-picture.js';
import { canonicalAddressGlob, compileMatch, isGlob, isToken, parsePciAddress, type Fault } from '@vfleet/pci';

/** A condition on rows of `devices`, alias `device`: SQL of our own making, and what callers wrote as its parameters. */
export interface Condition {
  readonly sql: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

export type Filter = Readonly<Record<string, unknown>>;
type Build = (values: readonly unknown[], parameter: string) => Condition;

const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);

/** Among some values, of a type of PostgreSQL. One value is asked for by itself: only then does an index give rows in the order of lists. */
const among = (what: string, values: readonly unknown[], parameter: string, type = 'text'): Condition =>
  values.length === 1
    ? { sql: `${what} = cast(:${parameter} as ${type})`, parameters: { [parameter]: values[0] } }
    : { sql: `${what} = any(cast(:${parameter} as ${type}[]))`, parameters: { [parameter]: values } };

/** Equal as JSON, so that a number never equals a text. */
const json =
  (path: string): Build =>
  (values, parameter) =>
    among(
      path,
      values.map((value) => JSON.stringify(value)),
      parameter,
      'jsonb',
    );

const lowerCase =
  (build: Build): Build =>
  (values, parameter) =>
    build(
      values.map((value) => String(value).toLowerCase()),
      parameter,
    );

const column =
  (name: string, type = 'text'): Build =>
  (values, parameter) =>
    among(name, values, parameter, type);

/** Addresses as written, and globs over addresses. */
const addressed: Build = (values, parameter) => {
  const exact = values.filter((value) => !isGlob(value)).map((value) => parsePciAddress(String(value)) ?? canonicalAddressGlob(String(value)));
  const globs = values.filter(isGlob).map((value) => addressPattern(String(value)));
  const written = atAddresses(exact, parameter);
  if (globs.length === 0) return written;
  const sql = `(${written.sql} or device.address ~ any(:${parameter}_globs))`;
  return { sql, parameters: { ...written.parameters, [`${parameter}_globs`]: globs } };
};

/** As the index over addresses has them. */
export const atAddresses = (addresses: readonly string[], parameter: string): Condition => among('device.address collate "C"', addresses, parameter);

const matching =
  (text: string, operator: string, toPattern: (value: string) => string): Build =>
  (values, parameter) => ({
    sql: `${text} ${operator} any(:${parameter})`,
    parameters: { [parameter]: values.map((value) => toPattern(String(value))) },
  });

/** `*` and `?` stay within a part of an address, as `matchesAddressGlob` has it. */
const addressPattern = (glob: string): string => {
  const canonical = parsePciAddress(glob) ?? canonicalAddressGlob(glob);
  const parts = [...canonical].map((character) =>
    character === '*' ? '[^:.-]*' : character === '?' ? '[^:.-]' : character === '.' ? '\\.' : character,
  );
  return `^${parts.join('')}$`;
};

/** `ens1f0`, or with VF indexes `ens1f0#0-3,7`. */
const physicalFunction: Build = (values, parameter) => {
  const parameters: Record<string, unknown> = {};
  const alternatives = values.map((value, index) => {
    const [name, ranges] = String(value).split('#');
    parameters[`${parameter}_${index}`] = name;
    const named = `device.traits ->> 'pf' = :${parameter}_${index}`;
    if (ranges === undefined) return named;
    const bounds = ranges.split(',').map((range) => range.split('-').map(Number));
    const within = bounds.map(([from = 0, to = from], at) => {
      const bound = `${parameter}_${index}_${at}`;
      Object.assign(parameters, { [`${bound}_from`]: from, [`${bound}_to`]: to });
      return `cast(device.observation ->> 'vfIndex' as bigint) between :${bound}_from and :${bound}_to`;
    });
    return `(${named} and (${within.join(' or ')}))`;
  });
  return { sql: `(${alternatives.join(' or ')})`, parameters };
};

const observed = (key: string): Build => json(`device.observation -> '${key}'`);
const trait = (key: string): Build => json(`device.traits -> '${key}'`);

/** Where each key of a match stands in a row. */
const MATCH: Readonly<Record<string, Build>> = {
  kind: observed('kind'),
  vendorId: lowerCase(observed('vendorId')),
  productId: lowerCase(observed('productId')),
  subsystemVendorId: lowerCase(observed('subsystemVendorId')),
  subsystemProductId: lowerCase(observed('subsystemProductId')),
  class: matching(`device.observation ->> 'class'`, 'like', (prefix) => `${prefix.toLowerCase()}%`),
  address: addressed,
  pf: physicalFunction,
  name: observed('name'),
  model: trait('model'),
  deviceType: trait('deviceType'),
  driver: observed('driver'),
  functionType: observed('functionType'),
  numaNode: observed('numaNode'),
  iommuGroup: observed('iommuGroup'),
  physicalNetwork: trait('physicalNetwork'),
  parentDeviceId: observed('parentDeviceId'),
  linkType: trait('linkType'),
  speedMbps: trait('speedMbps'),
  liveMigratable: observed('liveMigratable'),
};

const tagged: (tag: string) => Build = (tag) => (values, parameter) => ({
  sql: `device.observation -> 'tags' ->> :${parameter}_tag = any(:${parameter})`,
  parameters: { [`${parameter}_tag`]: tag, [parameter]: values },
});

interface OwnKey {
  readonly valid: (value: unknown) => boolean;
  readonly form: string;
  readonly build: Build;
}

const token = { valid: (value: unknown): boolean => typeof value === 'string' && isToken(value), form: 'an id, or a list of ids' };

/** Keys that a filter has beside those of a match. */
const OWN: Readonly<Record<string, OwnKey>> = {
  hostId: { ...token, build: column('device.host_id') },
  vmId: { ...token, build: column('device.vm_id') },
  state: {
    valid: (value) => DEVICE_STATES.includes(value as never),
    form: `one or more of ${DEVICE_STATES.join(', ')}`,
    build: column('device.state'),
  },
  eligible: { valid: (value) => typeof value === 'boolean', form: 'true or false', build: column('device.eligible', 'boolean') },
};

const MAX_VALUES = 256;

/**
 * Conditions that say what a filter says; an empty one means every device. Removed devices are left out unless the
 * filter's state names them. `prefix`: of the parameters, for conditions that stand beside others.
 * @throws ApiError 400, naming `filter.<key>`
 */
export const toConditions = (filter: Filter = {}, prefix = ''): readonly Condition[] => {
  const own = Object.entries(filter).filter(([key]) => Object.hasOwn(OWN, key));
  const match = Object.fromEntries(Object.entries(filter).filter(([key]) => !Object.hasOwn(OWN, key)));
  const faults = [...own.flatMap(ownFault), ...matchFaults(match)];
  if (faults.length > 0) throw invalidRequest(faults);
  return [
    ...(asList(filter['state']).includes('removed') ? [] : [{ sql: `device.presence <> 'removed'`, parameters: {} }]),
    ...own.map(([key, value], index) => (OWN[key] as OwnKey).build(asList(value), `${prefix}own_${index}`)),
    ...matchConditions(match, prefix),
  ];
};

/**
 * The same as a test of rows in memory, for rows that no table has.
 * @throws ApiError 400, naming `filter.<key>`
 */
export const toTest = (filter: Filter = {}): ((row: Testable) => boolean) => {
  toConditions(filter);
  const own = Object.entries(filter).filter(([key]) => Object.hasOwn(OWN, key));
  const match = Object.fromEntries(Object.entries(filter).filter(([key]) => !Object.hasOwn(OWN, key)));
  const compiled = Object.keys(match).length > 0 ? compileMatch(match) : undefined;
  const withRemoved = asList(filter['state']).includes('removed');
  return (row) =>
    (withRemoved || row.presence !== 'removed') &&
    own.every(([key, value]) => asList(value).includes(ownValue(row, key))) &&
    (!compiled || ('test' in compiled && compiled.test({ ...row.observation, ...row.traits })));
};

type Testable = Pick<ShownDevice, 'presence' | 'hostId' | 'holder' | 'state' | 'eligible' | 'observation' | 'traits'>;

const ownValue = ({ hostId, holder, state, eligible }: Testable, key: string): unknown => ({ hostId, vmId: holder?.vmId, state, eligible })[key];

const ownFault = ([key, value]: readonly [string, unknown]): readonly Fault[] => {
  const { valid, form } = OWN[key] as OwnKey;
  const values = asList(value);
  return values.length > 0 && values.length <= MAX_VALUES && values.every(valid) ? [] : [{ field: `filter.${key}`, message: `must be ${form}` }];
};

const matchFaults = (match: Filter): readonly Fault[] => {
  if (Object.keys(match).length === 0) return [];
  const compiled = compileMatch(match, 'filter');
  return 'faults' in compiled ? compiled.faults : [];
};

const matchConditions = (match: Filter, prefix: string): readonly Condition[] => {
  const conditions = Object.entries(match)
    .filter(([key]) => key !== 'all')
    .map(([key, value], index) => buildOf(key)(asList(value), `${prefix}match_${index}`));
  // As in a match: a PF's name means its VFs, unless the PF itself is asked for.
  const vfsOnly = 'pf' in match && !asList(match['functionType']).includes('pf');
  return vfsOnly ? [...conditions, observed('functionType')(['vf'], `${prefix}vfs_only`)] : conditions;
};

/** The pools that a filter asks for, as an array; undefined where it asks nothing of pools, which means every device. */
export const askedPools = (filter: Filter, table: string): Condition | undefined => {
  const asked = poolConditions(filter);
  if (asked.length === 0) return undefined;
  const sql = `cast((select array_agg(pool) from ${table} device where ${asked.map((one) => one.sql).join(' and ')}) as text[])`;
  return { sql, parameters: Object.assign({}, ...asked.map(({ parameters }) => parameters)) as Condition['parameters'] };
};

const poolConditions = (filter: Filter): readonly Condition[] => {
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

/** What a filter says of addresses, as a condition on a table of addresses that stands for devices; undefined where it names them, or says nothing. */
export const addressCondition = ({ address }: Filter): Condition | undefined =>
  asList(address ?? [])
    .flat()
    .some(isGlob)
    ? addressed(asList(address), 'addresses')
    : undefined;

/** Whether a filter asks for VFs by their indexes, which pools do not tell apart. */
export const asksForIndexes = (filter: Filter = {}): boolean => asList(filter['pf'] ?? '').some((pf) => String(pf).includes('#'));

const OF_POOLS: ReadonlySet<string> = new Set<string>([...POOLED, ...POOLED_TRAITS, 'hostId', 'state', 'eligible', 'all']);

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

const buildOf = (key: string): Build => (key.startsWith('tags.') ? tagged(key.slice('tags.'.length)) : (MATCH[key] as Build));
