import type { Ask } from './ask.js';
import type { Catalog, CompileWhere, DeviceRequest, Missing, StoredOffering, Strategy } from './device-request.js';
import type { Fault } from './match.js';
import { nameAsks } from './naming.js';
import { formFaults, type Standing } from './request-form.js';
import { resolveRequest, type Found, type Resolved } from './request-names.js';

/** Requests of one VM, each of several names in one request counted. */
export const MAX_REQUESTS = 64;
/** What all conditions of a wish may take on one device together: about 15 ms over 512 devices. */
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

/** Every fault of some requests as they are written, whatever came; what they name is not looked up. */
export const checkRequests = (
  requests: readonly DeviceRequest[],
  compileWhere: CompileWhere,
  field = 'devices',
  standing: Standing = 'request',
): readonly Fault[] => {
  if (!Array.isArray(requests)) return [{ field, message: 'must be a list of requests' }];
  if (requests.length > MAX_REQUESTS) return [{ field, message: `has more than ${MAX_REQUESTS} requests` }];
  const faults = requests.flatMap((request, index) => formFaults(request, `${field}[${index}]`, compileWhere, standing));
  return [...faults, ...repeatedNames(requests, field)];
};

const repeatedNames = (requests: readonly (DeviceRequest | undefined)[], field: string): readonly Fault[] => {
  const seen = new Set<string>();
  return requests.flatMap((request, index) => {
    const name: unknown = request?.name;
    if (typeof name !== 'string') return [];
    const repeated = seen.has(name);
    seen.add(name);
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

  const offered = stored ? ofOffering(stored, language) : [];
  const own = devices.map((request, index) => resolveRequest(request, `devices[${index}]`, language));
  const found = [...offered, ...own].flatMap(linkParts);
  const missing = found.flatMap((one) => ('missing' in one ? [one.missing] : []));
  if (missing.length > 0) return { missing };
  const requests = found.filter((one): one is Resolved => 'plain' in one);
  const late = found.flatMap((one) => ('fault' in one ? [one.fault] : []));
  if (late.length > 0) return { faults: late };
  if (requests.length > MAX_REQUESTS) return { faults: [{ field: 'devices', message: `asks for more than ${MAX_REQUESTS} requests` }] };
  const asks = nameAsks(requests, offered.flat().length, language.compileWhere);
  const steps = stepsOf(asks);
  if (steps > MAX_STEPS)
    return { faults: [{ field: 'devices', message: `takes ${steps} steps to be asked of one device; at most ${MAX_STEPS} are allowed` }] };
  return { asks, ...(stored?.strategy && { strategy: stored.strategy }) };
};

/** What is asked several times is asked of a device once. */
const stepsOf = (asks: readonly Ask[]): number => {
  const conditions = asks.flatMap(({ alternatives }) => alternatives.flatMap((one) => one.conditions));
  const different = new Map(conditions.map(({ key, steps }) => [key, steps]));
  return [...different.values()].reduce((sum, steps) => sum + steps, 0);
};

/** What an offering keeps over a stop, its requests keep that do not say otherwise. */
const ofOffering = ({ devices, keepOnStop }: StoredOffering, language: Language): readonly (readonly Found[])[] =>
  devices.map((request, index) =>
    resolveRequest(request, `offering.devices[${index}]`, language).map((one) =>
      'plain' in one && keepOnStop !== undefined ? { ...one, plain: one.plain.map((plain) => ({ keepOnStop, ...plain })) } : one,
    ),
  );

/** Devices of one request share and differ together, whatever names it asks for. */
const linkParts = (parts: readonly Found[], link: number): readonly Found[] =>
  parts.length > 1 && parts.some((part) => 'plain' in part && part.plain.some(({ together, apart }) => together ?? apart))
    ? parts.map((part) => ('plain' in part ? { ...part, link } : part))
    : parts;
