import type { CompileWhere } from './device-request.js';
import type { Fault } from './match.js';
import { FIELD_CHECKS, didYouMean, isObject, type Check, type Said } from './request-fields.js';

/** Entries of one `firstAvailable`. */
export const MAX_ALTERNATIVES = 16;

const WAYS = ['device', 'model', 'alias', 'firstAvailable'] as const;
const OTHERS = ['name', 'match', 'where', 'count', 'numaPolicy', 'together', 'apart', 'placement', 'migration', 'keepOnStop'];
const FIELDS: readonly string[] = [...WAYS, ...OTHERS];

/** Where a request stands: an entry of `firstAvailable` can say less than a request, and a stored alias names no other. */
export type Standing = 'request' | 'entry' | 'alias' | 'entry of an alias';

/** Everything that is wrong with one request as it is written, without looking up what it names. */
export const formFaults = (request: unknown, field: string, compileWhere: CompileWhere, standing: Standing = 'request'): readonly Fault[] => {
  if (!isObject(request)) return [{ field, message: 'must be an object' }];
  const entries = standing === 'alias' || standing === 'entry of an alias' ? 'entry of an alias' : 'entry';
  return [
    ...unknownFields(request, field),
    ...wayFaults(request, field),
    ...FIELD_CHECKS.flatMap((check) => check(request, field)),
    ...standingFaults(request, field, standing),
    ...whereFaults(request['where'], `${field}.where`, compileWhere),
    ...(standing === 'request' || standing === 'alias'
      ? entryFaults(request['firstAvailable'], `${field}.firstAvailable`, compileWhere, entries)
      : []),
  ];
};

const unknownFields: Check = (said, field) =>
  Object.keys(said)
    .filter((key) => !FIELDS.includes(key))
    .map((key) => ({ field: `${field}.${key}`, message: `is not understood${didYouMean(key, FIELDS)}` }));

const wayFaults: Check = (said, field) => {
  const ways = WAYS.filter((way) => said[way] !== undefined);
  if (ways.length > 1) return [{ field, message: `says ${ways.join(' and ')}; only one of them may stand` }];
  if (ways.length === 0 && said['match'] === undefined) return [{ field, message: 'must say device, model, alias, match or firstAvailable' }];
  if (ways[0] === 'firstAvailable' && said['match'] !== undefined)
    return [{ field: `${field}.match`, message: 'cannot stand beside firstAvailable; it belongs into its entries' }];
  return [];
};

const standingFaults = ({ name, device, firstAvailable, alias }: Said, field: string, standing: Standing): readonly Fault[] => [
  ...(alias === undefined || standing === 'request' || standing === 'entry'
    ? []
    : [{ field: `${field}.alias`, message: 'cannot name another alias' }]),
  ...(standing === 'request' || standing === 'alias' ? [] : entryOnlyFaults(name, device, firstAvailable, field)),
];

const entryOnlyFaults = (name: unknown, device: unknown, firstAvailable: unknown, field: string): readonly Fault[] => [
  ...(name === undefined ? [] : [{ field: `${field}.name`, message: 'belongs to the request, not to one of its alternatives' }]),
  ...(firstAvailable === undefined ? [] : [{ field: `${field}.firstAvailable`, message: 'cannot stand inside firstAvailable' }]),
  ...(typeof device === 'string' && device.includes(',') ? [{ field: `${field}.device`, message: 'must be one name inside firstAvailable' }] : []),
];

const whereFaults = (where: unknown, field: string, compileWhere: CompileWhere): readonly Fault[] => {
  if (where === undefined) return [];
  if (typeof where !== 'string' || where.trim() === '') return [{ field, message: 'must be an expression' }];
  const compiled = compileWhere(where);
  return 'fault' in compiled ? [{ field, message: compiled.fault }] : [];
};

const entryFaults = (entries: unknown, field: string, compileWhere: CompileWhere, standing: Standing): readonly Fault[] => {
  if (entries === undefined) return [];
  if (!Array.isArray(entries) || entries.length === 0) return [{ field, message: 'must be a list of requests' }];
  if (entries.length > MAX_ALTERNATIVES) return [{ field, message: `lists more than ${MAX_ALTERNATIVES} requests` }];
  return entries.flatMap((entry, index) => formFaults(entry, `${field}[${index}]`, compileWhere, standing));
};
