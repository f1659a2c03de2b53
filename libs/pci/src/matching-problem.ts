import { addBit, bitsOf, noBits, without, type Bits } from './bits.js';
import type { Row, ValueClasses } from './flow.js';

/** One way to serve a demand: so many of these devices, and in what they must differ from each other. */
export interface Option<Device> {
  readonly count: number;
  readonly candidates: readonly Device[];
  /** Values that no two devices of the demand, or of a demand linked to it, may share. */
  readonly apart?: readonly ((device: Device) => unknown)[];
  /** What its devices have in common: linked demands are served by options that have the same in common. */
  readonly shares?: string;
}

/** One request as the matching sees it: its options in order of preference. */
export interface Demand<Device> {
  readonly options: readonly Option<Device>[];
  /** Devices of any option, where they are at hand. */
  readonly candidates?: readonly Device[];
  /** Demands of one number share and differ together. */
  readonly link?: number;
}

export interface Question<Device> {
  readonly demands: readonly Demand<Device>[];
  /** Every candidate, the one that does the least harm first. */
  readonly order: readonly Device[];
  /** Devices that may not be taken together with one; said by both. */
  readonly excludes?: (device: Device) => readonly Device[];
}

/** A question in numbers: devices by their place in the order, so that the search compares nothing but integers. */
export interface Problem {
  readonly devices: number;
  readonly demands: readonly IndexedDemand[];
  readonly excludes: (device: number) => readonly number[];
  /** Devices that nobody may take. */
  readonly banned?: Bits;
}

export interface IndexedDemand {
  readonly options: readonly IndexedOption[];
  /** Any of its options: what it can need at least, and may take at most. */
  readonly loosest: Row;
  /** Asks for the same as the demand before it, so that their options may be tried as combinations, not as permutations. */
  readonly likeBefore: boolean;
  readonly link?: number;
}

/** What devices have of something that must differ; the same for all who ask for it. */
export type Values = () => ValueClasses;

export interface IndexedOption {
  /** Its place in the order of preference. */
  readonly index: number;
  readonly count: number;
  readonly bits: () => Bits;
  readonly apart: readonly Values[];
  readonly shares?: string;
}

export const indexProblem = <Device extends object>({ demands, order, excludes = () => [] }: Question<Device>): Problem => {
  const places = new Map(order.map((device, place) => [device, place]));
  const placeOf = (device: Device): number => places.get(device) as number;
  const known: (readonly number[] | undefined)[] = [];
  const valuesOf = rememberedValues(order);
  const indexed = new Map<readonly Option<Device>[], Omit<IndexedDemand, 'likeBefore'>>();
  const demandOf = ({ options, candidates }: Demand<Device>): Omit<IndexedDemand, 'likeBefore'> => {
    const made = indexed.get(options) ?? indexDemand(options, candidates, order.length, placeOf, valuesOf);
    indexed.set(options, made);
    return made;
  };
  return {
    devices: order.length,
    demands: demands.map((demand, index) => ({
      ...demandOf(demand),
      likeBefore: isFree(demand) && isFree(demands[index - 1]) && demands[index - 1]?.options === demand.options,
      ...(demand.link !== undefined && { link: demand.link }),
    })),
    excludes: (device) => (known[device] ??= excludes(order[device] as Device).flatMap((other) => places.get(other) ?? [])),
  };
};

const isFree = (demand: { readonly link?: number } | undefined): boolean => demand?.link === undefined;

const indexDemand = <Device>(
  options: readonly Option<Device>[],
  candidates: readonly Device[] | undefined,
  devices: number,
  placeOf: (device: Device) => number,
  valuesOf: (valueOf: (device: Device) => unknown) => Values,
): Omit<IndexedDemand, 'likeBefore'> => {
  const indexed = options.map(({ count, candidates, apart = [], shares }, index): IndexedOption => ({
    index,
    count,
    bits: once(() => bitsOf(devices, candidates.map(placeOf))),
    apart: apart.map(valuesOf),
    ...(shares !== undefined && { shares }),
  }));
  const [only] = indexed;
  if (indexed.length === 1 && only) return { options: indexed, loosest: rowOf(only) };
  const allowed = noBits(devices);
  for (const device of candidates ?? options.flatMap((option) => option.candidates)) addBit(allowed, placeOf(device));
  return { options: indexed, loosest: { allowed, count: leastOf(indexed) } };
};

/** What an option asks for. */
export const rowOf = ({ count, bits, apart: [first] }: IndexedOption): Row => ({
  allowed: bits(),
  count,
  ...(first && count > 1 && { values: first() }),
});

/** Options whose devices are gathered anew when some are left out; of more than these it would cost more than it saves. */
const FEW = 16;

/** A demand of which only these options are left. */
export const onlyBy = (demand: IndexedDemand, devices: number, options: readonly IndexedOption[]): IndexedDemand => {
  const [only] = options;
  if (options.length === 1 && only) return { ...demand, options, loosest: rowOf(only) };
  if (options.length > FEW) return { ...demand, options, loosest: { ...demand.loosest, count: leastOf(options) } };
  const allowed = noBits(devices);
  for (const { bits } of options) bits().forEach((word, index) => (allowed[index] = (allowed[index] as number) | word));
  return { ...demand, options, loosest: { allowed, count: leastOf(options) } };
};

/** An option that has to do without some devices. */
export const sparing = (option: IndexedOption, spared: Bits): IndexedOption => ({ ...option, bits: once(() => without(option.bits(), spared)) });

const leastOf = (options: readonly IndexedOption[]): number => Math.min(...options.map(({ count }) => count));

/** Requests that ask for the same thing to differ share its numbers. */
const rememberedValues = <Device>(order: readonly Device[]): ((valueOf: (device: Device) => unknown) => Values) => {
  const known = new Map<unknown, Values>();
  return (valueOf) => {
    const values = known.get(valueOf) ?? once(() => numberValues(order.map(valueOf)));
    known.set(valueOf, values);
    return values;
  };
};

const numberValues = (values: readonly unknown[]): ValueClasses => {
  const known = new Map<unknown, number>();
  const classes: Bits[] = [];
  const numbers = new Int32Array(values.length);
  for (const [device, value] of values.entries()) {
    const number = known.get(value) ?? known.size;
    if (number === known.size) classes.push(noBits(values.length));
    known.set(value, number);
    numbers[device] = number;
    addBit(classes[number] as Bits, device);
  }
  return { numbers, classes };
};

const once = <T>(make: () => T): (() => T) => {
  let made: T | undefined;
  return () => (made ??= make());
};
