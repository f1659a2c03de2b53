import { addBit, bitsOf, noBits, without, type Bits } from './bits.js';
import type { Row } from './flow.js';

/** One way to serve a demand: so many of these devices, and in what they must differ from each other. */
export interface Option<Device> {
  readonly count: number;
  readonly candidates: readonly Device[];
  /** Values that no two devices of the demand may share. */
  readonly apart?: readonly ((device: Device) => unknown)[];
}

/** One request as the matching sees it: its options in order of preference. */
export interface Demand<Device> {
  readonly options: readonly Option<Device>[];
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
  /** Demands that ask for different things, each with the first that asks for it. */
  readonly kinds: readonly { readonly demand: number; readonly options: readonly IndexedOption[] }[];
}

export interface IndexedDemand {
  readonly options: readonly IndexedOption[];
  /** Any of its options: what it can need at least, and may take at most. */
  readonly loosest: Row;
  /** Asks for the same as the demand before it, so that their options may be tried as combinations, not as permutations. */
  readonly likeBefore: boolean;
}

export interface IndexedOption {
  readonly count: number;
  readonly bits: () => Bits;
  /** For each thing that must differ, the number that stands for a device's value. */
  readonly apart: readonly (() => Int32Array)[];
}

export const indexProblem = <Device extends object>({ demands, order, excludes = () => [] }: Question<Device>): Problem => {
  const places = new Map(order.map((device, place) => [device, place]));
  const placeOf = (device: Device): number => places.get(device) as number;
  const known: (readonly number[] | undefined)[] = [];
  const indexed = new Map<readonly Option<Device>[], IndexedOption[]>();
  const optionsOf = (options: readonly Option<Device>[]): IndexedOption[] => {
    const made = indexed.get(options) ?? options.map((option) => indexOption(option, order, placeOf));
    indexed.set(options, made);
    return made;
  };
  const firsts = [...new Set(demands.map(({ options }) => options))];
  return {
    devices: order.length,
    kinds: firsts.map((options) => ({ demand: demands.findIndex((one) => one.options === options), options: optionsOf(options) })),
    demands: demands.map(({ options }, index) => ({
      options: optionsOf(options),
      loosest: loosestOf(options, optionsOf(options), order.length, placeOf),
      likeBefore: index > 0 && demands[index - 1]?.options === options,
    })),
    excludes: (device) => (known[device] ??= excludes(order[device] as Device).flatMap((other) => places.get(other) ?? [])),
  };
};

const indexOption = <Device>(
  { count, candidates, apart = [] }: Option<Device>,
  order: readonly Device[],
  placeOf: (d: Device) => number,
): IndexedOption => ({
  count,
  bits: once(() => bitsOf(order.length, candidates.map(placeOf))),
  apart: apart.map((valueOf) => once(() => numberValues(order.map(valueOf)))),
});

const loosestOf = <Device>(
  options: readonly Option<Device>[],
  indexed: readonly IndexedOption[],
  devices: number,
  placeOf: (device: Device) => number,
): Row => {
  const [only] = indexed;
  if (indexed.length === 1 && only) return rowOf(only, noBits(devices));
  const allowed = noBits(devices);
  for (const { candidates } of options) for (const device of candidates) addBit(allowed, placeOf(device));
  return { allowed, count: Math.min(...options.map(({ count }) => count)) };
};

/** The row of an option of which some devices are out of reach. */
export const rowOf = ({ count, bits, apart: [first] }: IndexedOption, banned: Bits): Row => ({
  allowed: without(bits(), banned),
  count,
  ...(first && count > 1 && { values: first() }),
});

const numberValues = (values: readonly unknown[]): Int32Array => {
  const numbers = new Map<unknown, number>();
  return Int32Array.from(values, (value) => {
    const number = numbers.get(value) ?? numbers.size;
    numbers.set(value, number);
    return number;
  });
};

const once = <T>(make: () => T): (() => T) => {
  let made: T | undefined;
  return () => (made ??= make());
};
