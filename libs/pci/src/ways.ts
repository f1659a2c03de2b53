import type { Alternative, Wish } from './ask.js';
import { isInUse, type UnavailableCode } from './availability.js';
import type { DeviceObservation } from './device.js';
import type { Circumstances } from './eligibility.js';
import type { Attributes } from './match.js';
import type { Option } from './matching-problem.js';
import { attributeValue } from './misfit.js';
import { numaLevels } from './numa.js';

export type ReasonCode =
  | UnavailableCode
  | 'QUOTA_EXCEEDED'
  | 'NO_MATCH'
  | 'NUMA_MISMATCH'
  | 'ATTRIBUTE_MISSING'
  | 'NOT_TOGETHER'
  | 'NOT_APART'
  | 'TAKEN_BY_OTHER_REQUEST'
  | 'SEARCH_LIMIT';

export interface Reason {
  readonly code: ReasonCode;
  readonly count: number;
  readonly example?: string;
}

/** One device that a request accepts, and what keeps it from the VM, if anything does. */
export interface Verdict {
  readonly device: DeviceObservation;
  readonly no: { readonly code: ReasonCode; readonly message: string } | undefined;
}

/** What a request finds on a host by one of its alternatives. */
export interface Way {
  readonly alternative: Alternative;
  readonly verdicts: readonly Verdict[];
  /** Least harm first. */
  readonly free: readonly DeviceObservation[];
  /** Which devices together would serve it, the best first; none where it cannot be served at all. */
  readonly options: readonly Option<DeviceObservation>[];
}

/** What rules a device out that is nevertheless one of "all": it could be given, if it were not for others or for what is asked. */
const countsAmongAll = (code: ReasonCode): boolean => isInUse(code) || code === 'ATTRIBUTE_MISSING' || code === 'QUOTA_EXCEEDED';

/** How many devices an alternative needs on this host. */
export const neededBy = ({ alternative: { count }, verdicts }: Pick<Way, 'alternative' | 'verdicts'>): number =>
  count === 'all' ? Math.max(1, verdicts.filter(({ no }) => !no || countsAmongAll(no.code)).length) : count;

export type AttributesOf = (device: DeviceObservation) => Attributes;

/** Everything that would serve an alternative: level by level of nearness, and value by value of what is to be shared. */
export const optionsOf = (
  { alternative, verdicts, free }: Omit<Way, 'options'>,
  { numaNodes }: Wish,
  { sockets }: Circumstances,
  attributesOf: AttributesOf,
): readonly Option<DeviceObservation>[] => {
  const { count, numaPolicy, together, apart, linked } = alternative;
  const differing = apart.map((name) => (device: DeviceObservation) => attributeValue(attributesOf(device), name));
  const needed = neededBy({ alternative, verdicts });
  if (free.length < needed) return [];
  const levels = count === 'all' ? [() => true] : numaLevels(numaPolicy, numaNodes, sockets);
  const sharing = together.length > 0 && (needed > 1 || linked === true);
  const sizes = new Map<string, number>();
  return levels
    .flatMap((near) => [...shared(free.filter(near), sharing ? together : [], attributesOf)])
    .filter(([shares, set]) => {
      const isNew = set.length !== sizes.get(shares);
      sizes.set(shares, set.length);
      return isNew && set.length >= needed && mostDiffering(set, differing) >= needed;
    })
    .map(([shares, candidates]) => ({
      count: needed,
      candidates,
      ...(differing.length > 0 && { apart: differing }),
      ...(sharing && { shares }),
    }));
};

/** Devices by what they have in common, as text, those with the least harmful one first. */
export const shared = (
  devices: readonly DeviceObservation[],
  names: readonly string[],
  attributesOf: AttributesOf,
): ReadonlyMap<string, readonly DeviceObservation[]> => {
  if (names.length === 0) return new Map([['', devices]]);
  const sets = new Map<string, DeviceObservation[]>();
  for (const device of devices) {
    const key = JSON.stringify(names.map((name) => attributeValue(attributesOf(device), name)));
    const set = sets.get(key);
    if (set) set.push(device);
    else sets.set(key, [device]);
  }
  return sets;
};

/** How many of some devices can differ in each of these values at most. */
export const mostDiffering = (devices: readonly DeviceObservation[], valuesOf: readonly ((device: DeviceObservation) => unknown)[]): number =>
  Math.min(devices.length, ...valuesOf.map((valueOf) => new Set(devices.map(valueOf)).size));
