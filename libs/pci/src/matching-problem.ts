import { addBits, noBits, without, type Bits } from './bits.js';
import type { Row, ValueClasses } from './flow.js';

/** A question of matching in numbers: devices by their place in an order, the one that does the least harm first. */
export interface Problem {
  readonly devices: number;
  readonly demands: readonly Demand[];
  /** Devices that may not be taken together with one; said by both. */
  readonly excludes: (device: number) => readonly number[];
  /** Devices that nobody may take. */
  readonly banned?: Bits;
}

/** One request as the matching sees it. */
export interface Demand {
  /** In order of preference. */
  readonly options: readonly Option[];
  /** Any of its options: what it can need at least, and may take at most. */
  readonly loosest: Row;
  /** Asks for the same as the demand before it, so that their options may be tried as combinations, not as permutations. */
  readonly likeBefore: boolean;
  /** Demands of one number share and differ together. */
  readonly link?: number;
}

/** What devices have of something that must differ; the same for all who ask for it. */
export type Values = () => ValueClasses;

/** One way to serve a demand: so many of these devices, and in what they must differ from each other. */
export interface Option {
  /** Its place in the order of preference. */
  readonly index: number;
  readonly count: number;
  readonly bits: () => Bits;
  /** Values that no two devices of the demand, or of a demand linked to it, may share. */
  readonly apart: readonly Values[];
  /** What its devices have in common: linked demands are served by options that have the same in common. */
  readonly shares?: string;
}

/** What an option asks for. */
export const rowOf = ({ count, bits, apart: [first] }: Option): Row => ({
  allowed: bits(),
  count,
  ...(first && count > 1 && { values: first() }),
});

/** What a demand can need at least, and may take at most: any of these sets, which hold the devices of its options. */
export const loosestOf = (options: readonly Option[], usable: readonly Bits[], devices: number): Row => {
  const [only] = options;
  if (options.length === 1 && only) return rowOf(only);
  const allowed = noBits(devices);
  for (const some of usable) addBits(allowed, some);
  return { allowed, count: leastOf(options) };
};

/** Options whose devices are gathered anew when some are left out; of more than these it would cost more than it saves. */
const FEW = 16;

/** A demand of which only these options are left. */
export const onlyBy = (demand: Demand, devices: number, options: readonly Option[]): Demand => {
  if (options.length > FEW) return { ...demand, options, loosest: { ...demand.loosest, count: leastOf(options) } };
  const usable = options.length === 1 ? [] : options.map(({ bits }) => bits());
  return { ...demand, options, loosest: loosestOf(options, usable, devices) };
};

/** An option that has to do without some devices. */
export const sparing = (option: Option, spared: Bits): Option => ({ ...option, bits: once(() => without(option.bits(), spared)) });

const leastOf = (options: readonly Option[]): number => options.reduce((least, { count }) => Math.min(least, count), Number.POSITIVE_INFINITY);

/** Computed when it is first asked for. */
export const once = <T>(make: () => T): (() => T) => {
  let made: T | undefined;
  return () => (made ??= make());
};
