import { ATTRIBUTES, compileMatch, type Fault } from './match.js';
import type { CompileWhere, DeviceRequest } from './device-request.js';

/** Devices that one request may ask for. */
export const MAX_COUNT = 64;
/** Entries of one `firstAvailable`. */
export const MAX_ALTERNATIVES = 16;
const MAX_ATTRIBUTES = 8;
const MAX_NAME = 128;

const WAYS = ['device', 'model', 'alias', 'firstAvailable'] as const;
const FIELDS: readonly string[] = [
  ...WAYS,
  'name',
  'match',
  'where',
  'count',
  'numaPolicy',
  'together',
  'apart',
  'placement',
  'migration',
  'keepOnStop',
];
const NUMA_POLICIES = ['required', 'socket', 'legacy', 'preferred'];
const PLACEMENTS = ['port', 'any', 'same-address'];

/** Where a request stands: an entry of `firstAvailable` can say less than a request, and a stored alias names no other. */
export type Standing = 'request' | 'entry' | 'alias';

type Check = (request: Readonly<Record<string, unknown>>, field: string) => readonly Fault[];

/** Everything that is wrong with one request as it is written, without looking up what it names. */
export const formFaults = (request: DeviceRequest, field: string, compileWhere: CompileWhere, standing: Standing = 'request'): readonly Fault[] => {
  if (!isObject(request)) return [{ field, message: 'must be an object' }];
  const said = request as Readonly<Record<string, unknown>>;
  return [
    ...unknownFields(said, field),
    ...CHECKS.flatMap((check) => check(said, field)),
    ...standingFaults(said, field, standing),
    ...whereFaults(said['where'], `${field}.where`, compileWhere),
    ...entryFaults(said['firstAvailable'], `${field}.firstAvailable`, compileWhere),
  ];
};

const unknownFields: Check = (said, field) =>
  Object.keys(said)
    .filter((key) => !FIELDS.includes(key))
    .map((key) => {
      const near = FIELDS.find((known) => known.toLowerCase() === key.toLowerCase());
      return { field: `${field}.${key}`, message: near ? `is not understood; did you mean ${near}?` : 'is not understood' };
    });

const wayFaults: Check = (said, field) => {
  const ways = WAYS.filter((way) => said[way] !== undefined);
  if (ways.length > 1) return [{ field, message: `says ${ways.join(' and ')}; only one of them may stand` }];
  if (ways.length === 0 && said['match'] === undefined) return [{ field, message: 'must say device, model, alias, match or firstAvailable' }];
  if (ways[0] === 'firstAvailable' && said['match'] !== undefined)
    return [{ field: `${field}.match`, message: 'cannot stand beside firstAvailable; it belongs into its entries' }];
  return [];
};

const nameFaults: Check = ({ name }, field) =>
  name === undefined
    ? []
    : textFaults(name, `${field}.name`, 'says nothing').concat(
        tooLong(name) ? [{ field: `${field}.name`, message: `is longer than ${MAX_NAME} characters` }] : [],
      );

const tooLong = (name: unknown): boolean => typeof name === 'string' && name.length > MAX_NAME;

const deviceFaults: Check = ({ device, model, alias }, field) => [
  ...(device === undefined
    ? []
    : typeof device === 'string' && device.split(',').some((one) => one.trim() === '')
      ? [{ field: `${field}.device`, message: 'names nothing' }]
      : textFaults(device, `${field}.device`, 'names nothing')),
  ...(model === undefined ? [] : textFaults(model, `${field}.model`, 'names nothing')),
  ...(alias === undefined ? [] : textFaults(alias, `${field}.alias`, 'names nothing')),
];

const textFaults = (value: unknown, field: string, blank: string): Fault[] =>
  typeof value !== 'string' ? [{ field, message: 'must be text' }] : value.trim() === '' ? [{ field, message: blank }] : [];

const matchFaults: Check = ({ match }, field) => {
  if (match === undefined) return [];
  if (!isObject(match)) return [{ field: `${field}.match`, message: 'must be an object' }];
  const compiled = compileMatch(match as Readonly<Record<string, unknown>>, `${field}.match`);
  return 'faults' in compiled ? compiled.faults : [];
};

const countFaults: Check = ({ count = 1 }, field) =>
  count === 'all' || (Number.isInteger(count) && (count as number) >= 1 && (count as number) <= MAX_COUNT)
    ? []
    : [{ field: `${field}.count`, message: `must be a whole number from 1 to ${MAX_COUNT}, or "all"` }];

const choiceFaults: Check = ({ numaPolicy, placement, keepOnStop, migration }, field) => [
  ...(numaPolicy === undefined || NUMA_POLICIES.includes(numaPolicy as string)
    ? []
    : [{ field: `${field}.numaPolicy`, message: `must be one of ${NUMA_POLICIES.join(', ')}` }]),
  ...(placement === undefined || PLACEMENTS.includes(placement as string)
    ? []
    : [{ field: `${field}.placement`, message: `must be one of ${PLACEMENTS.join(', ')}` }]),
  ...(keepOnStop === undefined || typeof keepOnStop === 'boolean' ? [] : [{ field: `${field}.keepOnStop`, message: 'must be true or false' }]),
  ...(migration === undefined || isObject(migration) ? [] : [{ field: `${field}.migration`, message: 'must be an object' }]),
];

const attributeFaults: Check = (said, field) => {
  const faults = (['together', 'apart'] as const).flatMap((key) => listFaults(said[key], `${field}.${key}`));
  const both = [said['together']].flat().find((name) => name !== undefined && [said['apart']].flat().includes(name));
  return both === undefined ? faults : [...faults, { field: `${field}.apart`, message: `${String(both)} cannot be the same and differ` }];
};

const listFaults = (value: unknown, field: string): Fault[] => {
  if (value === undefined) return [];
  if (!Array.isArray(value) || value.length === 0) return [{ field, message: 'must be a list of attributes' }];
  if (value.length > MAX_ATTRIBUTES) return [{ field, message: `lists more than ${MAX_ATTRIBUTES} attributes` }];
  return value.flatMap((name, index) => {
    if (typeof name === 'string' && (ATTRIBUTES.includes(name) || /^tags\../.test(name))) return [];
    const near = ATTRIBUTES.find((known) => known.toLowerCase() === String(name).toLowerCase());
    return [{ field: `${field}[${index}]`, message: near ? `is no attribute of a device; did you mean ${near}?` : 'is no attribute of a device' }];
  });
};

const CHECKS: readonly Check[] = [wayFaults, nameFaults, deviceFaults, matchFaults, countFaults, choiceFaults, attributeFaults];

const standingFaults = (
  { name, device, firstAvailable, alias }: Readonly<Record<string, unknown>>,
  field: string,
  standing: Standing,
): readonly Fault[] => {
  if (standing === 'alias') return alias === undefined ? [] : [{ field: `${field}.alias`, message: 'cannot name another alias' }];
  if (standing === 'request') return [];
  return [
    ...(name === undefined ? [] : [{ field: `${field}.name`, message: 'belongs to the request, not to one of its alternatives' }]),
    ...(firstAvailable === undefined ? [] : [{ field: `${field}.firstAvailable`, message: 'cannot stand inside firstAvailable' }]),
    ...(typeof device === 'string' && device.includes(',') ? [{ field: `${field}.device`, message: 'must be one name inside firstAvailable' }] : []),
  ];
};

const whereFaults = (where: unknown, field: string, compileWhere: CompileWhere): readonly Fault[] => {
  if (where === undefined) return [];
  if (typeof where !== 'string' || where.trim() === '') return [{ field, message: 'must be an expression' }];
  const compiled = compileWhere(where);
  return 'fault' in compiled ? [{ field, message: compiled.fault }] : [];
};

const entryFaults = (entries: unknown, field: string, compileWhere: CompileWhere): readonly Fault[] => {
  if (entries === undefined) return [];
  if (!Array.isArray(entries) || entries.length === 0) return [{ field, message: 'must be a list of requests' }];
  if (entries.length > MAX_ALTERNATIVES) return [{ field, message: `lists more than ${MAX_ALTERNATIVES} requests` }];
  return entries.flatMap((entry, index) => formFaults(entry as DeviceRequest, `${field}[${index}]`, compileWhere, 'entry'));
};

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);
