import { ATTRIBUTES, faultsAsWritten, type Fault } from './match.js';

/** Devices that one request may ask for. */
export const MAX_COUNT = 64;
const MAX_ATTRIBUTES = 8;
/** Characters of a request's own name. */
const MAX_MARKER = 128;
/** Characters of the name of what is asked for. */
const MAX_NAME = 256;
const NUMA_POLICIES = ['required', 'socket', 'legacy', 'preferred'];
const PLACEMENTS = ['port', 'any', 'same-address'];

/** A request as it came, nothing in it believed yet. */
export type Said = Readonly<Record<string, unknown>>;
export type Check = (said: Said, field: string) => readonly Fault[];

export const isObject = (value: unknown): value is Said => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The name in a list that somebody may have meant, as a question to them. */
export const didYouMean = (written: unknown, known: readonly string[]): string => {
  const near = typeof written === 'string' && known.find((name) => name.toLowerCase() === written.toLowerCase());
  return near ? `; did you mean ${near}?` : '';
};

const nameFaults = (field: string, name: unknown, blank = 'names nothing', longest = MAX_NAME): readonly Fault[] => {
  if (name === undefined) return [];
  if (typeof name !== 'string') return [{ field, message: 'must be text' }];
  if (name.trim() === '') return [{ field, message: blank }];
  return name.trim().length > longest ? [{ field, message: `is longer than ${longest} characters` }] : [];
};

const namesFaults: Check = ({ name, device, model, alias }, field) => [
  ...nameFaults(`${field}.name`, name, 'says nothing', MAX_MARKER),
  ...(typeof device === 'string' ? device.split(',') : [device]).flatMap((one) => nameFaults(`${field}.device`, one)).slice(0, 1),
  ...nameFaults(`${field}.model`, model),
  ...nameFaults(`${field}.alias`, alias),
];

const matchFaults: Check = ({ match }, field) => {
  if (match === undefined) return [];
  if (!isObject(match)) return [{ field: `${field}.match`, message: 'must be an object' }];
  return faultsAsWritten(match, `${field}.match`);
};

const countFaults: Check = ({ count = 1 }, field) =>
  count === 'all' || (typeof count === 'number' && Number.isInteger(count) && count >= 1 && count <= MAX_COUNT)
    ? []
    : [{ field: `${field}.count`, message: `must be a whole number from 1 to ${MAX_COUNT}, or "all"` }];

const amongFaults = (field: string, value: unknown, allowed: readonly unknown[], said: string): readonly Fault[] =>
  value === undefined || allowed.includes(value) ? [] : [{ field, message: said }];

const choiceFaults: Check = ({ numaPolicy, placement, keepOnStop, migration }, field) => [
  ...amongFaults(`${field}.numaPolicy`, numaPolicy, NUMA_POLICIES, `must be one of ${NUMA_POLICIES.join(', ')}`),
  ...amongFaults(`${field}.placement`, placement, PLACEMENTS, `must be one of ${PLACEMENTS.join(', ')}`),
  ...amongFaults(`${field}.keepOnStop`, keepOnStop, [true, false], 'must be true or false'),
  ...(migration === undefined || isObject(migration) ? [] : [{ field: `${field}.migration`, message: 'must be an object' }]),
];

const attributeFaults: Check = ({ together, apart }, field) => {
  const both =
    Array.isArray(together) && Array.isArray(apart) ? together.find((name) => typeof name === 'string' && apart.includes(name)) : undefined;
  return [
    ...listFaults(together, `${field}.together`),
    ...listFaults(apart, `${field}.apart`),
    ...(typeof both === 'string' ? [{ field: `${field}.apart`, message: `${both} cannot be the same and differ` }] : []),
  ];
};

const listFaults = (list: unknown, field: string): readonly Fault[] => {
  if (list === undefined) return [];
  if (!Array.isArray(list) || list.length === 0) return [{ field, message: 'must be a list of attributes' }];
  if (list.length > MAX_ATTRIBUTES) return [{ field, message: `lists more than ${MAX_ATTRIBUTES} attributes` }];
  return list.flatMap((name: unknown, index) =>
    isAttribute(name) ? [] : [{ field: `${field}[${index}]`, message: `is no attribute of a device${didYouMean(name, ATTRIBUTES)}` }],
  );
};

const isAttribute = (name: unknown): boolean => typeof name === 'string' && (ATTRIBUTES.includes(name) || /^tags\../.test(name));

/** What each field says by itself. */
export const FIELD_CHECKS: readonly Check[] = [namesFaults, matchFaults, countFaults, choiceFaults, attributeFaults];
