import { compileMatch, type Attributes, type Fault, type Match, type Predicate } from './match.js';
import type { Asking } from './availability.js';

/** Devices that a VM wants, as a caller writes it. */
export interface DeviceRequest {
  /** Marker, unique within the VM, with which the devices that serve the request are found again. */
  readonly name?: string;
  /** An operator-given device name; several, comma-separated, ask for one device each. */
  readonly device?: string;
  readonly match?: Match;
  readonly count?: number;
}

/** One request, checked and ready to be judged against devices. */
export interface Ask extends Omit<Asking, 'vmId'> {
  readonly requestName: string;
  readonly count: number;
  readonly accepts: Predicate;
}

export const MAX_COUNT = 64;
export const MAX_REQUESTS = 64;
const FIELDS = ['name', 'device', 'match', 'count'];

/**
 * Checks the requests of one VM and makes asks of them, or lists every fault. Names that the caller left out are
 * made from the device's name and an index (`10GE-0`).
 */
export const parseRequests = (
  requests: readonly DeviceRequest[],
  field = 'devices',
): { readonly asks: readonly Ask[] } | { readonly faults: readonly Fault[] } => {
  if (requests.length > MAX_REQUESTS) return { faults: [{ field, message: `has more than ${MAX_REQUESTS} requests` }] };
  const faults: Fault[] = [];
  const asks: Ask[] = [];
  const names = new Set<string>();
  requests.forEach((request, index) => {
    for (const one of splitNames(request)) {
      const parsed = parseRequest(one, `${field}[${index}]`);
      if ('faults' in parsed) {
        faults.push(...parsed.faults);
        continue;
      }
      const requestName = one.name ?? freshName(baseName(one), names);
      if (one.name !== undefined && names.has(one.name)) faults.push({ field: `${field}[${index}].name`, message: `${one.name} stands twice` });
      names.add(requestName);
      asks.push({ ...parsed.ask, requestName });
    }
  });
  if (faults.length > 0) return { faults };
  if (asks.length > MAX_REQUESTS) return { faults: [{ field, message: `asks for more than ${MAX_REQUESTS} names` }] };
  return { asks };
};

/** `10GE,10GE,GPU` asks for one device each; nothing between two commas is a fault that `parseRequest` tells. */
const splitNames = (request: DeviceRequest): readonly DeviceRequest[] => {
  const names = typeof request.device === 'string' ? request.device.split(',') : [];
  if (names.length < 2) return [request];
  const { name, ...rest } = request;
  return names.map((device, index) => ({ ...rest, device: device.trim(), ...(name !== undefined && { name: `${name}-${index}` }) }));
};

const parseRequest = (request: DeviceRequest, field: string): { readonly ask: Omit<Ask, 'requestName'> } | { readonly faults: readonly Fault[] } => {
  const faults: Fault[] = Object.keys(request)
    .filter((key) => !FIELDS.includes(key))
    .map((key) => ({ field: `${field}.${key}`, message: 'is not understood' }));
  const { device, match, count = 1 } = request;
  if (device === undefined && match === undefined) faults.push({ field, message: 'must say device or match' });
  if (device?.trim() === '') faults.push({ field: `${field}.device`, message: 'names nothing' });
  if (!Number.isInteger(count) || count < 1 || count > MAX_COUNT)
    faults.push({ field: `${field}.count`, message: `must be a whole number from 1 to ${MAX_COUNT}` });

  const compiled = match === undefined ? { test: everything } : compileMatch(match, `${field}.match`);
  if ('faults' in compiled) faults.push(...compiled.faults);
  if (faults.length > 0 || 'faults' in compiled) return { faults };
  const accepts: Predicate = device === undefined ? compiled.test : (attributes) => attributes['name'] === device && compiled.test(attributes);
  return { ask: { count, accepts, forPf: names(match, 'functionType', 'pf'), byAddress: match !== undefined && 'address' in match } };
};

const everything = (_: Attributes): boolean => true;
const names = (match: Match | undefined, key: string, value: string): boolean => [match?.[key]].flat().includes(value);
const baseName = ({ device, match }: DeviceRequest): string => device ?? String([match?.['name'] ?? 'device'].flat()[0]);

const freshName = (base: string, taken: ReadonlySet<string>): string => {
  for (let index = 0; ; index += 1) if (!taken.has(`${base}-${index}`)) return `${base}-${index}`;
};
