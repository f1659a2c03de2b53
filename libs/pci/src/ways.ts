import type { Alternative } from './ask.js';
import type { UnavailableCode } from './availability.js';
import { addBoth, countBits, eachBit, noBits, within, type Bits } from './bits.js';
import type { DeviceObservation } from './device.js';
import type { ValueClasses } from './flow.js';
import { once, type Option } from './matching-problem.js';
import type { SharedValues } from './value-classes.js';

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
  /** A device by its address and what keeps it, or a sentence where no device stands for the rest. */
  readonly example: string;
}

/** One device that a request accepts, and what keeps it from the VM, if anything does. */
export interface Verdict {
  readonly device: DeviceObservation;
  readonly no: { readonly code: ReasonCode; readonly message: string } | undefined;
}

/** What a request finds on a host by one of its alternatives. */
export interface Way {
  readonly alternative: Alternative;
  /** Devices that it needs on this host. */
  readonly needed: number;
  /** Each device that it accepts, in the order of addresses. */
  readonly verdicts: () => readonly Verdict[];
  /** Least harm first. */
  readonly free: () => readonly DeviceObservation[];
  /** The free ones by their places in the order of the wish. */
  readonly places: Bits;
  /** Which devices together would serve it, the best first; none where it cannot be served at all. */
  readonly options: readonly AlternativeOption[];
  /** Devices of any option, by their places. */
  readonly usable: Bits;
}

/** An option that knows whose it is. */
export interface AlternativeOption extends Option {
  readonly alternative: Alternative;
}

/** The devices that a wish may be given: how near they are, and what they have in common. */
export interface Ground {
  /** Places of devices that are near enough, the strictest level first. */
  readonly levels: (alternative: Alternative) => readonly Bits[];
  readonly values: SharedValues;
}

/** Everything that would serve an alternative: level by level of nearness, and value by value of what is to be shared. */
export const optionsOf = (
  { alternative, needed, places }: Pick<Way, 'alternative' | 'needed' | 'places'>,
  { levels, values }: Ground,
  firstIndex: number,
): Pick<Way, 'options' | 'usable'> => {
  const { together, apart, linked } = alternative;
  const differing = apart.map(values.of);
  const sharing = together.length > 0 && (needed > 1 || linked === true) ? values.together(together) : undefined;
  const known = new Map<number, number>();
  const options: AlternativeOption[] = [];
  let usable = noBits(places.length * 32);
  for (const level of levels(alternative)) {
    const open = within(places, level);
    if (countBits(open) < needed) continue;
    usable = noBits(places.length * 32);
    for (const [value, size] of sharing ? sizesOf(open, sharing) : [[0, countBits(open)] as const]) {
      if (size < needed) continue;
      const shared = sharing?.classes[value];
      const bits = shared ? once(() => within(open, shared)) : (): Bits => open;
      if (needed > 1 && differing.some((one) => !differ(bits(), one(), needed))) continue;
      addBoth(usable, open, shared ?? open);
      if (known.get(value) === size) continue;
      known.set(value, size);
      options.push({
        index: firstIndex + options.length,
        count: needed,
        bits,
        apart: differing,
        alternative,
        ...(linked && { shares: `${together.join()} ${value}` }),
      });
    }
  }
  return { options, usable };
};

/** How many of some devices have each value, those with the least harmful device first. */
const sizesOf = (devices: Bits, { numbers, classes }: ValueClasses): readonly (readonly [value: number, size: number])[] => {
  const sizes = new Int32Array(classes.length);
  const values: number[] = [];
  eachBit(devices, (device) => {
    const value = numbers[device] as number;
    if (sizes[value] === 0) values.push(value);
    sizes[value] = (sizes[value] as number) + 1;
  });
  return values.map((value) => [value, sizes[value] as number]);
};

/** Whether so many of some devices have different values. */
const differ = (devices: Bits, { numbers, classes }: ValueClasses, enough: number): boolean => {
  if (classes.length < enough) return false;
  const seen = new Uint8Array(classes.length);
  let different = 0;
  eachBit(devices, (device) => {
    const value = numbers[device] as number;
    if (seen[value] === 0) different += 1;
    seen[value] = 1;
  });
  return different >= enough;
};
