import type { Asking } from './availability.js';
import { compileMatch, type Fault, type Match, type Predicate } from './match.js';

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
  /** Whether a device is one of those that are asked for, its name included. */
  readonly accepts: Predicate;
  /** The operator-given name that is asked for, and nothing beside it: such devices are found without looking at others. */
  readonly onlyNamed?: string;
}

/** Devices that one request may ask for. */
export const MAX_COUNT = 64;
/** Requests of one VM, each of several names in one request counted. */
export const MAX_REQUESTS = 64;

type Checked<T> = T | { readonly faults: readonly Fault[] };

/**
 * Checks the requests of one VM and makes asks of them, or lists every fault. Names that the caller left out are
 * made from the device's name and an index (`10GE-0`).
 */
export const parseRequests = (requests: readonly DeviceRequest[], field = 'devices'): Checked<{ readonly asks: readonly Ask[] }> => {
  if (requests.length > MAX_REQUESTS) return { faults: [{ field, message: `has more than ${MAX_REQUESTS} requests` }] };
  const single = requests.flatMap((request, index) => splitNames(request).map((one) => ({ one, at: `${field}[${index}]` })));
  if (single.length > MAX_REQUESTS) return { faults: [{ field, message: `asks for more than ${MAX_REQUESTS} names` }] };

  const faults: Fault[] = [];
  const taken = new Set<string>();
  for (const { one, at } of single) {
    if (one.name === undefined) continue;
    if (taken.has(one.name)) faults.push({ field: `${at}.name`, message: `${one.name} stands twice` });
    taken.add(one.name);
  }
  const asks: Ask[] = [];
  for (const { one, at } of single) {
    const parsed = parseRequest(one, at);
    if ('faults' in parsed) faults.push(...parsed.faults);
    else asks.push({ ...parsed.ask, requestName: one.name ?? claimName(baseName(one), taken) });
  }
  return faults.length > 0 ? { faults } : { asks };
};

/** `10GE,10GE,GPU` asks for one device each; nothing between two commas is a fault that `parseRequest` tells. */
const splitNames = (request: DeviceRequest): readonly DeviceRequest[] => {
  if (typeof request.device !== 'string') return [request];
  const { name, ...rest } = request;
  const devices = request.device.split(',').map((device) => device.trim());
  return devices.map((device, index) => ({
    ...rest,
    device,
    ...(name !== undefined && { name: devices.length > 1 ? `${name}-${index}` : name }),
  }));
};

const parseRequest = (request: DeviceRequest, field: string): Checked<{ readonly ask: Omit<Ask, 'requestName'> }> => {
  const faults = formFaults(request, field);
  const { device, match, count = 1 } = request;
  const compiled = match === undefined || !isObject(match) ? { test: everything } : compileMatch(match, `${field}.match`);
  if ('faults' in compiled) return { faults: [...faults, ...compiled.faults] };
  if (faults.length > 0) return { faults };
  const accepts: Predicate = device === undefined ? compiled.test : (attributes) => attributes['name'] === device && compiled.test(attributes);
  const byName = device !== undefined && match === undefined ? { onlyNamed: device } : {};
  return { ask: { ...byName, count, accepts, forPf: names(match, 'functionType', 'pf'), byAddress: match !== undefined && 'address' in match } };
};

const formFaults = ({ name, device, match, count = 1, ...rest }: DeviceRequest, field: string): readonly Fault[] => {
  const faults: Fault[] = Object.keys(rest).map((key) => ({ field: `${field}.${key}`, message: 'is not understood' }));
  if (device === undefined && match === undefined) faults.push({ field, message: 'must say device or match' });
  if (name !== undefined && (typeof name !== 'string' || name.trim() === '')) faults.push({ field: `${field}.name`, message: 'says nothing' });
  if (device !== undefined && typeof device !== 'string') faults.push({ field: `${field}.device`, message: 'must be text' });
  else if (device === '') faults.push({ field: `${field}.device`, message: 'names nothing' });
  if (match !== undefined && !isObject(match)) faults.push({ field: `${field}.match`, message: 'must be an object' });
  if (!Number.isInteger(count) || count < 1 || count > MAX_COUNT)
    faults.push({ field: `${field}.count`, message: `must be a whole number from 1 to ${MAX_COUNT}` });
  return faults;
};

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);
const everything = (): boolean => true;
const names = (match: Match | undefined, key: string, value: string): boolean => [match?.[key]].flat().includes(value);

const baseName = ({ device, match }: DeviceRequest): string => {
  const [named] = [match?.['name']].flat();
  return device ?? (typeof named === 'string' ? named : 'device');
};

const claimName = (base: string, taken: Set<string>): string => {
  let index = 0;
  while (taken.has(`${base}-${index}`)) index += 1;
  taken.add(`${base}-${index}`);
  return `${base}-${index}`;
};
