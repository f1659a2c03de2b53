import type { DeviceRequest, Missing } from './device-request.js';
import type { Fault, Match } from './match.js';
import type { Language } from './request.js';
import { MAX_ALTERNATIVES } from './request-form.js';

/** One way to serve a request, with every name looked up and everything that narrows it gathered. */
export interface Plain extends Pick<DeviceRequest, 'count' | 'numaPolicy' | 'together' | 'apart' | 'placement' | 'migration' | 'keepOnStop'> {
  readonly device?: string;
  readonly model?: string;
  readonly matches: readonly Match[];
  readonly wheres: readonly string[];
}

/** One request for one kind of device; `base` is what its name is made of where it has none. */
export interface Resolved {
  readonly name?: string;
  readonly base: string;
  readonly plain: readonly Plain[];
  /** The same for the parts of one request whose devices have to share or to differ in something. */
  readonly link?: number;
}

/** What a request comes to, or why it comes to nothing. */
export type Found = Resolved | { readonly missing: Missing } | { readonly fault: Fault };

/** What a request comes to: several where it lists names, one with alternatives where it says `firstAvailable`. */
export const resolveRequest = (request: DeviceRequest, field: string, language: Language): readonly Found[] => {
  if (request.alias !== undefined) return ofAlias(request, request.alias.trim(), field, language);
  if (request.firstAvailable) return ofAlternatives(request, `${field}.firstAvailable`, language);
  if (request.device !== undefined) return ofNames(request, request.device);
  const { model } = request;
  if (model !== undefined && !language.catalog.hasModel(model.trim()))
    return [{ missing: { code: 'MODEL_NOT_FOUND', field: `${field}.model`, name: model } }];
  const [named] = [request.match?.['name']].flat();
  const base = model?.trim() ?? (typeof named === 'string' ? named : 'device');
  return [{ ...nameOf(request), base, plain: [{ ...plainOf(request), ...(model !== undefined && { model: model.trim() }) }] }];
};

/** `10GE,10GE,GPU` asks for one device each. */
const ofNames = (request: DeviceRequest, device: string): readonly Found[] => {
  const names = device.split(',').map((name) => name.trim());
  return names.map((name, index) => ({ ...nameOf(request, names.length, index), base: name, plain: [{ ...plainOf(request), device: name }] }));
};

/** What stands beside an alias narrows what it says (match, where) or takes its place (everything else). */
const ofAlias = (request: DeviceRequest, alias: string, field: string, language: Language): readonly Found[] => {
  const stored = language.catalog.alias(alias);
  if (!stored) return [{ missing: { code: 'ALIAS_NOT_FOUND', field: `${field}.alias`, name: alias } }];
  const over = overridesOf(request);
  const found = resolveRequest(stored, field, language);
  return found.map((one, index) => {
    if (!('plain' in one)) return one;
    const plain = one.plain.map((each) => narrow({ ...each, ...over }, request));
    return { ...one, ...nameOf(request, found.length, index), base: alias, plain };
  });
};

/** What stands beside `firstAvailable` counts for each alternative that does not say otherwise; a `where` narrows them all. */
const ofAlternatives = (request: DeviceRequest, field: string, language: Language): readonly Found[] => {
  const defaults = overridesOf(request);
  const entries = (request.firstAvailable ?? []).map((entry, index) => resolveRequest(entry, `${field}[${index}]`, language));
  const unresolved = entries.flat().filter((one) => !('plain' in one));
  if (unresolved.length > 0) return unresolved;
  const several = entries.findIndex(({ length }) => length > 1);
  if (several >= 0) return [{ fault: { field: `${field}[${several}].alias`, message: 'asks for several names; an alternative is one request' } }];
  const resolved = entries.flat() as readonly Resolved[];
  const plain = resolved.flatMap((one) => one.plain.map((each) => narrow({ ...defaults, ...each }, request)));
  if (plain.length > MAX_ALTERNATIVES) return [{ fault: { field, message: `comes to more than ${MAX_ALTERNATIVES} requests` } }];
  return [{ ...nameOf(request), base: resolved[0]?.base ?? 'device', plain }];
};

const narrow = (plain: Plain, { match, where }: DeviceRequest): Plain => ({
  ...plain,
  matches: match ? [...plain.matches, match] : plain.matches,
  wheres: where === undefined ? plain.wheres : [...plain.wheres, where],
});

const plainOf = (request: DeviceRequest): Plain => narrow({ ...overridesOf(request), matches: [], wheres: [] }, request);

/** A request's own name, with an index where it comes to several. */
const nameOf = ({ name }: DeviceRequest, parts = 1, index = 0): { readonly name?: string } => {
  if (name === undefined) return {};
  return { name: parts > 1 ? `${name}-${index}` : name };
};

const overridesOf = ({ count, numaPolicy, together, apart, placement, migration, keepOnStop }: DeviceRequest): Omit<Plain, 'matches' | 'wheres'> => ({
  ...(count !== undefined && { count }),
  ...(numaPolicy && { numaPolicy }),
  ...(together && { together }),
  ...(apart && { apart }),
  ...(placement && { placement }),
  ...(migration && { migration }),
  ...(keepOnStop !== undefined && { keepOnStop }),
});
