import { canonicalAddressGlob, isAddressGlob, isGlob, matchesAddressGlob } from './glob.js';
import { parsePciAddress } from './address.js';

/** A fault in what somebody asked for; `field` is the path to it, `devices[0].match.vendorid`. */
export interface Fault {
  readonly field: string;
  readonly message: string;
}

/** The facts about a device that a match can ask for; a key that a device lacks matches nothing. */
export type Attributes = Readonly<Record<string, unknown>> & { readonly tags?: Readonly<Record<string, string>> };

/** An inline selector: every key must match, a list matches any of its values. */
export type Match = Readonly<Record<string, unknown>>;

export type Predicate = (device: Attributes) => boolean;

const HEX_ID = /^[0-9a-f]{4}$/;
const PF_RANGE = /^([^#]{1,64})(?:#(\d{1,4}(?:-\d{1,4})?(?:,\d{1,4}(?:-\d{1,4})?)*))?$/;
const MAX_LIST = 256;
const MAX_TEXT = 256;

const TEXT_KEYS = ['kind', 'name', 'model', 'deviceType', 'driver', 'functionType', 'physicalNetwork', 'parentDeviceId', 'linkType'];
const HEX_KEYS = ['vendorId', 'productId', 'subsystemVendorId', 'subsystemProductId'];
/** Keys of which every value is known. */
const CLOSED_KEYS: Readonly<Record<string, readonly string[]>> = {
  kind: ['pci', 'usb', 'scsi', 'mdev'],
  functionType: ['pf', 'vf', 'plain'],
  linkType: ['ether', 'infiniband'],
};
const NUMBER_KEYS = ['numaNode', 'iommuGroup', 'speedMbps'];

/** Every key that a match takes, beside `tags.<key>` and `all`. */
export const MATCH_KEYS: readonly string[] = [...HEX_KEYS, ...TEXT_KEYS, ...NUMBER_KEYS, 'class', 'address', 'pf', 'liveMigratable'];

/** What devices of one request may be asked to share, or to differ in, beside `tags.<key>`. */
export const ATTRIBUTES: readonly string[] = [...MATCH_KEYS, 'pcieRoot', 'slot', 'serial', 'revision', 'vendorName', 'productName', 'totalVfs'];

/** A test that is only this: an attribute (`tags.<key>` too) has one of these values. Such devices can be found by their values. */
export interface Among {
  readonly attribute: string;
  readonly values: ReadonlySet<unknown>;
}

interface Test {
  readonly test: Predicate;
  readonly among?: Among;
}

type Compiled = Test | { readonly fault: string };

/**
 * Checks a match and makes a predicate of it. An unknown key is a fault, and so is a match that says nothing:
 * a misspelt key must never select everything. `{"all": true}` says "every device" on purpose.
 */
export const compileMatch = (
  match: Match,
  field = 'match',
): (Test & { readonly reads: readonly string[] }) | { readonly faults: readonly Fault[] } => {
  const entries = Object.entries(match);
  if (entries.length === 0) return { faults: [{ field, message: 'says nothing; to mean every device write {"all": true}' }] };
  if ('all' in match) {
    if (match['all'] === true && entries.length === 1) return { test: () => true, reads: [] };
    return { faults: [{ field: `${field}.all`, message: 'must be true and stand alone' }] };
  }
  const faults: Fault[] = [];
  const tests: Test[] = [];
  for (const [key, value] of entries) {
    const compiled = compileKey(key, value);
    if ('fault' in compiled) faults.push({ field: `${field}.${key}`, message: compiled.fault });
    else tests.push(compiled);
  }
  // The VFs of a PF are meant, unless the PF itself is asked for.
  const wantsPf = [match['functionType']].flat().includes('pf');
  if ('pf' in match && !wantsPf) tests.push({ test: (device) => device['functionType'] === 'vf' });
  if (faults.length > 0) return { faults };
  const all: Test = tests.length === 1 && tests[0] ? tests[0] : { test: (device) => tests.every(({ test }) => test(device)) };
  return { ...all, reads: readsOf(match) };
};

/**
 * What is wrong with a match that somebody writes: what `compileMatch` refuses, and values that no device can have. Those are
 * slips of the pen, which would select nothing; what is stored already is left to select nothing.
 */
export const faultsAsWritten = (match: Match, field = 'match'): readonly Fault[] => {
  const compiled = compileMatch(match, field);
  return [...('faults' in compiled ? compiled.faults : []), ...impossibleValues(match, field)];
};

const impossibleValues = (match: Match, field: string): readonly Fault[] =>
  Object.entries(CLOSED_KEYS).flatMap(([key, known]) =>
    [match[key] ?? []].flat().every((value) => typeof value !== 'string' || known.includes(value))
      ? []
      : [{ field: `${field}.${key}`, message: `must be one of ${known.join(', ')}` }],
  );

/** Attributes that a match looks at. */
const readsOf = (match: Match): readonly string[] => {
  const keys = Object.keys(match);
  if (!keys.includes('pf')) return keys;
  const ranged = [match['pf']].flat().some((value) => String(value).includes('#'));
  return [...new Set([...keys, 'functionType', ...(ranged ? ['vfIndex'] : [])])];
};

const compileKey = (key: string, value: unknown): Compiled => {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (values.length === 0) return { fault: 'is an empty list' };
  if (values.length > MAX_LIST) return { fault: `lists more than ${MAX_LIST} values` };
  if (NUMBER_KEYS.includes(key)) return among(key, values, (v) => Number.isInteger(v), 'a whole number');
  if (key === 'liveMigratable') return among(key, values, (v) => typeof v === 'boolean', 'true or false');

  if (!values.every((v): v is string => typeof v === 'string' && v.length > 0 && v.length <= MAX_TEXT))
    return isKnownText(key) ? { fault: 'must be text, or a list of texts' } : unknownKey(key);
  if (HEX_KEYS.includes(key)) {
    const ids = values.map((v) => v.toLowerCase());
    return among(key, ids, (v) => HEX_ID.test(v), 'four hex digits without 0x');
  }
  if (TEXT_KEYS.includes(key)) return among(key, values, () => true, '');
  if (key === 'class') return classPrefix(values);
  if (key === 'address') return addressGlobs(values);
  if (key === 'pf') return physicalFunction(values);
  if (key.startsWith('tags.') && key.length > 'tags.'.length) {
    const tag = key.slice('tags.'.length);
    const wanted = new Set<unknown>(values);
    const among = { attribute: key, values: wanted };
    return { among, test: ({ tags }) => tags !== undefined && Object.hasOwn(tags, tag) && wanted.has(tags[tag]) };
  }
  return unknownKey(key);
};

const isKnownText = (key: string): boolean => MATCH_KEYS.includes(key) || key.startsWith('tags.');

const unknownKey = (key: string): Compiled => {
  const near = MATCH_KEYS.find((known) => known.toLowerCase() === key.toLowerCase());
  return { fault: near ? `is no key of a match; did you mean ${near}?` : 'is no key of a match' };
};

const among = <T>(key: string, values: readonly T[], valid: (value: T) => boolean, form: string): Compiled => {
  const wrong = values.find((value) => !valid(value));
  if (wrong !== undefined) return { fault: `must be ${form}` };
  const wanted = new Set<unknown>(values);
  return { test: (device) => wanted.has(device[key]), among: { attribute: key, values: wanted } };
};

const classPrefix = (values: readonly string[]): Compiled => {
  const prefixes = values.map((v) => v.toLowerCase());
  if (!prefixes.every((v) => /^[0-9a-f]{1,6}$/.test(v))) return { fault: 'must be the first one to six hex digits of a class, without 0x' };
  return { test: ({ class: own }) => typeof own === 'string' && prefixes.some((prefix) => own.startsWith(prefix)) };
};

const addressGlobs = (values: readonly string[]): Compiled => {
  const wrong = values.find((v) => !isAddressGlob(v));
  if (wrong !== undefined) return { fault: 'must be an address, or a glob of hex digits, separators, * and ?' };
  const all = values.map((v) => parsePciAddress(v) ?? canonicalAddressGlob(v));
  const exact = new Set<unknown>(all);
  const globs = all.filter(isGlob);
  return { test: ({ address }) => exact.has(address) || (typeof address === 'string' && globs.some((glob) => matchesAddressGlob(glob, address))) };
};

/** `ens1f0`: the function whose interface has that name; `ens1f0#0-3,7`: some of its VFs by index. */
const physicalFunction = (values: readonly string[]): Compiled => {
  const tests: Predicate[] = [];
  for (const value of values) {
    const [match, name, ranges] = PF_RANGE.exec(value) ?? [];
    const indexes = ranges?.split(',').map((range) => range.split('-').map(Number));
    if (!match || indexes?.some(([from = 0, to = from]) => to < from))
      return { fault: 'must be a PF name, or a PF name with VF indexes as in ens1f0#0-3,7' };
    const inRange = (index: unknown): boolean =>
      indexes === undefined || (typeof index === 'number' && indexes.some(([from = 0, to = from]) => index >= from && index <= to));
    tests.push((device) => device['pf'] === name && inRange(device['vfIndex']));
  }
  return { test: (device) => tests.some((test) => test(device)) };
};
