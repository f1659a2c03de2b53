import { bitsOf } from './bits.js';
import { assign } from './matching.js';
import { loosestOf, once, type Demand } from './matching-problem.js';
import { numbered } from './value-classes.js';

/** For specs: a question of matching about things of any kind, in the order in which they are preferred. */
export interface QuestionAmong<Thing> {
  readonly demands: readonly DemandAmong<Thing>[];
  readonly order: readonly Thing[];
  readonly excludes?: (thing: Thing) => readonly Thing[];
}

export interface DemandAmong<Thing> {
  readonly options: readonly OptionAmong<Thing>[];
  readonly link?: number;
}

export interface OptionAmong<Thing> {
  readonly count: number;
  readonly candidates: readonly Thing[];
  readonly apart?: readonly ((thing: Thing) => unknown)[];
  readonly shares?: string;
}

/** Asks the question in numbers, and answers in things. */
export const assignAmong = <Thing extends object>({ demands, order, excludes = () => [] }: QuestionAmong<Thing>) => {
  const places = (things: readonly Thing[]): readonly number[] => things.flatMap((thing) => (order.includes(thing) ? [order.indexOf(thing)] : []));
  const inNumbers = ({ options, link }: DemandAmong<Thing>, at: number): Demand => {
    const numberedOptions = options.map(({ count, candidates, apart = [], shares }, index) => ({
      index,
      count,
      bits: once(() => bitsOf(order.length, places(candidates))),
      apart: apart.map((valueOf) => once(() => numbered(order.map(valueOf)))),
      ...(shares !== undefined && { shares }),
    }));
    const usable = numberedOptions.map(({ bits }) => bits());
    const before = demands[at - 1];
    return {
      options: numberedOptions,
      loosest: loosestOf(numberedOptions, usable, order.length),
      likeBefore: link === undefined && before?.link === undefined && before?.options === options,
      ...(link !== undefined && { link }),
    };
  };
  const known = new Map<unknown, Demand>();
  const answer = assign({
    devices: order.length,
    demands: demands.map((demand, at) => {
      const made = inNumbers(demand, at);
      const alike = known.get(demand.options) ?? made;
      known.set(demand.options, alike);
      return { ...made, options: alike.options };
    }),
    excludes: (device) => places(excludes(order[device] as Thing)),
  });
  if (!('served' in answer)) return answer;
  return { served: answer.served.map(({ devices, option }) => ({ option, devices: devices.map((place) => order[place] as Thing) })) };
};
