import type { DeviceRequest, Missing } from './device-request.js';
import type { Match } from './match.js';
import type { Language } from './request.js';

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
}

type Found = Resolved | { readonly missing: Missing };

/** What a request comes to: several where it lists names, one with alternatives where it says `firstAvailable`. */
export const resolveRequest = (request: DeviceRequest, field: string, language: Language): readonly Found[] => {
  if (request.alias !== undefined) return ofAlias(request, request.alias.trim(), field, language);
  if (request.firstAvailable) return [ofAlternatives(request, field, language)];
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
  return names.map((name, index) => ({
    ...(request.name !== undefined && { name: names.length > 1 ? `${request.name}-${index}` : request.name }),
    base: name,
    plain: [{ ...plainOf(request), device: name }],
  }));
};

/** What stands beside an alias narrows what it says (match, where) or takes its place (everything else). */
const ofAlias = (request: DeviceRequest, alias: string, field: string, language: Language): readonly Found[] => {
  const stored = language.catalog.alias(alias);
  if (!stored) return [{ missing: { code: 'ALIAS_NOT_FOUND', field: `${field}.alias`, name: alias } }];
  const over = overridesOf(request);
  const { name: _, ...unnamed } = stored;
  const found = resolveRequest(unnamed, field, language);
  return found.map((one, index) => {
    if ('missing' in one) return one;
    const name = request.name === undefined || found.length === 1 ? request.name : `${request.name}-${index}`;
    return { ...(name !== undefined && { name }), base: alias, plain: one.plain.map((plain) => narrow({ ...plain, ...over }, request)) };
  });
};

/** What stands beside `firstAvailable` counts for each alternative that does not say otherwise; a `where` narrows them all. */
const ofAlternatives = (request: DeviceRequest, field: string, language: Language): Found => {
  const defaults = overridesOf(request);
  const entries = (request.firstAvailable ?? []).map((entry, index) => resolveRequest(entry, `${field}.firstAvailable[${index}]`, language));
  const missing = entries.flat().find((one): one is { readonly missing: Missing } => 'missing' in one);
  if (missing) return missing;
  const resolved = entries.flat() as readonly Resolved[];
  const plain = resolved.flatMap((one) => one.plain.map((each) => narrow({ ...defaults, ...each }, request)));
  return { ...nameOf(request), base: resolved[0]?.base ?? 'device', plain };
};

const narrow = (plain: Plain, { match, where }: DeviceRequest): Plain => ({
  ...plain,
  matches: match ? [...plain.matches, match] : plain.matches,
  wheres: where === undefined ? plain.wheres : [...plain.wheres, where],
});

const plainOf = (request: DeviceRequest): Plain => narrow({ ...overridesOf(request), matches: [], wheres: [] }, request);

const nameOf = ({ name }: DeviceRequest): { readonly name?: string } => (name === undefined ? {} : { name });

const overridesOf = ({ count, numaPolicy, together, apart, placement, migration, keepOnStop }: DeviceRequest): Omit<Plain, 'matches' | 'wheres'> => ({
  ...(count !== undefined && { count }),
  ...(numaPolicy && { numaPolicy }),
  ...(together && { together }),
  ...(apart && { apart }),
  ...(placement && { placement }),
  ...(migration && { migration }),
  ...(keepOnStop !== undefined && { keepOnStop }),
});
