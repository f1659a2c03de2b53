import type { Alternative, Wish } from './ask.js';
import { isInUse, type UnavailableCode } from './availability.js';
import type { DeviceObservation } from './device.js';
import type { Circumstances } from './eligibility.js';
import type { Option } from './matching-problem.js';
import { numaLevels } from './numa.js';
import type { SharedValues } from './shared-values.js';

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
  /** 1 for each device of the host's order that is free. */
  readonly marks: Uint8Array;
  /** Which devices together would serve it, the best first; none where it cannot be served at all. */
  readonly options: readonly AlternativeOption[];
  /** Devices of any option. */
  readonly usable: readonly DeviceObservation[];
}

/** An option that knows whose it is. */
export interface AlternativeOption extends Option<DeviceObservation> {
  readonly alternative: Alternative;
}

/** What rules a device out that is nevertheless one of "all": it could be given, if it were not for others or for what is asked. */
const countsAmongAll = (code: ReasonCode): boolean => isInUse(code) || code === 'ATTRIBUTE_MISSING' || code === 'QUOTA_EXCEEDED';

/** How many devices an alternative needs on this host. */
export const neededBy = ({ alternative: { count }, verdicts }: Pick<Way, 'alternative' | 'verdicts'>): number =>
  count === 'all' ? Math.max(1, verdicts.filter(({ no }) => !no || countsAmongAll(no.code)).length) : count;

/** Everything that would serve an alternative: level by level of nearness, and value by value of what is to be shared. */
export const optionsOf = (
  { alternative, verdicts, free }: Pick<Way, 'alternative' | 'verdicts' | 'free'>,
  { numaNodes }: Wish,
  { sockets }: Circumstances,
  values: SharedValues,
): Pick<Way, 'options' | 'usable'> => {
  const { count, numaPolicy, together, apart, linked } = alternative;
  const needed = neededBy({ alternative, verdicts });
  if (free.length < needed) return { options: [], usable: [] };
  const differing = apart.map(values.of);
  const sharing = together.length > 0 && (needed > 1 || linked === true);
  const extra = { count: needed, alternative, ...(differing.length > 0 && { apart: differing }) };
  const sizes = new Map<string, number>();
  const options: AlternativeOption[] = [];
  let usable: readonly DeviceObservation[] = [];
  for (const near of count === 'all' ? [() => true] : numaLevels(numaPolicy, numaNodes, sockets)) {
    const sets = [...shared(free.filter(near), sharing ? together : [], values)];
    const fitting = sets.filter(([, set]) => set.length >= needed && mostDiffering(set, differing, needed) >= needed);
    for (const [shares, candidates] of fitting) {
      if (candidates.length !== sizes.get(shares)) options.push({ ...extra, candidates, ...(sharing && { shares }) });
      sizes.set(shares, candidates.length);
    }
    usable = fitting.length === 1 ? (fitting[0]?.[1] ?? []) : fitting.flatMap(([, set]) => set);
  }
  return { options, usable };
};

/** Devices by what they have in common, as text, those with the least harmful one first. */
export const shared = (
  devices: readonly DeviceObservation[],
  names: readonly string[],
  values: SharedValues,
): ReadonlyMap<string, readonly DeviceObservation[]> => {
  if (names.length === 0) return new Map([['', devices]]);
  const sets = new Map<string, DeviceObservation[]>();
  const textOf = values.together(names);
  for (const device of devices) {
    const key = textOf(device);
    const set = sets.get(key);
    if (set) set.push(device);
    else sets.set(key, [device]);
  }
  return sets;
};

/** How many of some devices can differ in each of these values at most; counted no further than `enough`. */
export const mostDiffering = (
  devices: readonly DeviceObservation[],
  valuesOf: readonly ((device: DeviceObservation) => unknown)[],
  enough = devices.length,
): number => {
  let most = Math.min(devices.length, enough);
  for (const valueOf of valuesOf) {
    const different = new Set<unknown>();
    for (const device of devices) {
      if (different.size >= most) break;
      different.add(valueOf(device));
    }
    most = Math.min(most, different.size);
  }
  return most;
};
