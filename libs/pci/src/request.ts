import type { Alternative, Ask, Condition } from './ask.js';
import type { Catalog, CompileWhere, DeviceRequest, Missing, StoredOffering, Strategy } from './device-request.js';
import { compileMatch, type Fault, type Match, type Predicate } from './match.js';
import { formFaults, type Standing } from './request-form.js';
import { resolveRequest, type Plain, type Resolved } from './request-names.js';

/** Requests of one VM, each of several names in one request counted. */
export const MAX_REQUESTS = 64;
/** What all expressions of a wish may take on one device together: about 15 ms over 512 devices. */
const MAX_STEPS = 1_024;

/** What a VM asks for, as its platform writes it. */
export interface Wanted {
  readonly devices?: readonly DeviceRequest[];
  readonly offering?: string;
}

/** What requests may name, and the language of `where`. */
export interface Language {
  readonly catalog: Catalog;
  readonly compileWhere: CompileWhere;
}

export type Parsed =
  | { readonly asks: readonly Ask[]; readonly strategy?: Strategy }
  | { readonly faults: readonly Fault[] }
  | { readonly missing: readonly Missing[] };

/** Every fault of some requests as they are written; what they name is not looked up. */
export const checkRequests = (
  requests: readonly DeviceRequest[],
  compileWhere: CompileWhere,
  field = 'devices',
  standing: Standing = 'request',
): readonly Fault[] => {
  if (requests.length > MAX_REQUESTS) return [{ field, message: `has more than ${MAX_REQUESTS} requests` }];
  const faults = requests.flatMap((request, index) => formFaults(request, `${field}[${index}]`, compileWhere, standing));
  return faults.length > 0 ? faults : repeatedNames(requests, field);
};

const repeatedNames = (requests: readonly DeviceRequest[], field: string): readonly Fault[] => {
  const seen = new Set<string>();
  return requests.flatMap(({ name }, index) => {
    const repeated = name !== undefined && seen.has(name);
    if (name !== undefined) seen.add(name);
    return repeated ? [{ field: `${field}[${index}].name`, message: `${name} stands twice` }] : [];
  });
};

/**
 * Makes asks of what a VM wants, its offering first: aliases and models are looked up, `10GE,10GE,GPU` becomes a request
 * each, and requests without a name get one of what they ask for and an index (`10GE-0`). All faults are told, or all
 * names that nobody has stored.
 */
export const parseWanted = ({ devices = [], offering }: Wanted, language: Language): Parsed => {
  const faults = checkRequests(devices, language.compileWhere);
  if (faults.length > 0) return { faults };
  const stored = offering === undefined ? undefined : language.catalog.offering(offering);
  if (offering !== undefined && !stored) return { missing: [{ code: 'OFFERING_NOT_FOUND', field: 'offering', name: offering }] };

  const resolved = [...ofOffering(stored, language), ...devices.flatMap((request, index) => resolveRequest(request, `devices[${index}]`, language))];
  const missing = resolved.flatMap((one) => ('missing' in one ? [one.missing] : []));
  if (missing.length > 0) return { missing };
  const requests = resolved.filter((one): one is Resolved => !('missing' in one));
  if (requests.length > MAX_REQUESTS) return { faults: [{ field: 'devices', message: `asks for more than ${MAX_REQUESTS} requests` }] };
  const steps = stepsOf(requests, language.compileWhere);
  if (steps > MAX_STEPS)
    return { faults: [{ field: 'devices', message: `has expressions that take ${steps} steps on one device; all together may take ${MAX_STEPS}` }] };
  return { asks: nameAll(requests, language.compileWhere), ...(stored?.strategy && { strategy: stored.strategy }) };
};

/** Requests that ask for the same look at a device once. */
const stepsOf = (requests: readonly Resolved[], compileWhere: CompileWhere): number => {
  const different = new Map(
    requests.filter(({ plain }) => plain.some(({ wheres }) => wheres.length > 0)).map(({ plain }) => [JSON.stringify(plain), plain]),
  );
  const steps = [...different.values()].flat().flatMap(({ wheres }) => wheres.map((where) => compileWhere(where)));
  return steps.reduce((sum, one) => sum + ('steps' in one ? one.steps : 0), 0);
};

const ofOffering = (stored: StoredOffering | undefined, language: Language): ReturnType<typeof resolveRequest> =>
  (stored?.devices ?? []).flatMap((request, index) =>
    resolveRequest(
      { ...(stored?.keepOnStop !== undefined && { keepOnStop: stored.keepOnStop }), ...request },
      `offering.devices[${index}]`,
      language,
    ),
  );

/** Names that callers gave are kept as they are; one that an offering has as well gets an index like the others. */
const nameAll = (requests: readonly Resolved[], compileWhere: CompileWhere): readonly Ask[] => {
  const taken = new Set<string>();
  const own = requests.map(({ name }) => {
    if (name === undefined || taken.has(name)) return undefined;
    taken.add(name);
    return name;
  });
  return requests.map(({ name, base, plain }, index) => ({
    requestName: own[index] ?? claimName(name ?? base, taken),
    alternatives: plain.map((one) => toAlternative(one, compileWhere)),
    key: JSON.stringify(plain),
  }));
};

const claimName = (base: string, taken: Set<string>): string => {
  let index = 0;
  while (taken.has(`${base}-${index}`)) index += 1;
  taken.add(`${base}-${index}`);
  return `${base}-${index}`;
};

const toAlternative = (plain: Plain, compileWhere: CompileWhere): Alternative => {
  const { device, model, matches, wheres, count = 1, numaPolicy = 'preferred', together = [], apart = [], migration, keepOnStop = false } = plain;
  const conditions: readonly Condition[] = [
    ...(device === undefined ? [] : [equals('name', device)]),
    ...(model === undefined ? [] : [equals('model', model)]),
    ...matches.flatMap(keysOf).map((match) => ({ ...compiled(compileMatch(match)), text: describeMatch(match) })),
    ...wheres.map((where) => ({ ...compiled(compileWhere(where)), text: `where ${where}` })),
  ];
  return {
    count,
    accepts: conditions.length === 1 && conditions[0] ? conditions[0].test : (device_) => conditions.every(({ test }) => test(device_)),
    conditions,
    reads: new Set(conditions.flatMap(({ reads }) => reads)),
    ...(device !== undefined && conditions.length === 1 && { onlyNamed: device }),
    forPf: matches.some((match) => [match['functionType']].flat().includes('pf')),
    byAddress: matches.some((match) => 'address' in match),
    numaPolicy,
    together,
    apart,
    placement: plain.placement ?? (matches.some(namesPort) ? 'port' : 'any'),
    ...(migration && { migration }),
    keepOnStop,
  };
};

const namesPort = (match: Match): boolean => 'physicalNetwork' in match || 'pf' in match;

/** Each key of a match by itself; what `pf` means depends on `functionType`. */
const keysOf = (match: Match): readonly Match[] => {
  const { pf, functionType, ...others } = match;
  const single = Object.entries(others).map(([key, value]) => ({ [key]: value }));
  const of = { ...(pf !== undefined && { pf }), ...(functionType !== undefined && { functionType }) };
  return Object.keys(of).length > 0 ? [of, ...single] : single;
};

const describeMatch = (match: Match): string =>
  Object.entries(match)
    .map(([key, value]) => `${key} ${[value].flat().join(' or ')}`)
    .join(', ');

const equals = (key: string, value: string): Condition => ({
  test: (attributes) => attributes[key] === value,
  reads: [key],
  text: `${key} ${value}`,
});

/** What was checked when it was stored or asked for is wrong only if the log is. */
const compiled = <T extends { readonly test: Predicate; readonly reads: readonly string[] }>(result: T | object): T => {
  if (!('test' in result)) throw new Error('a request that was checked cannot be compiled');
  return result as T;
};
