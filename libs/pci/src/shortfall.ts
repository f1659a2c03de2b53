import type { SharedValues } from './shared-values.js';
import { mostDiffering, neededBy, shared, type Reason, type Way } from './ways.js';

/** Why devices that are free do not serve an alternative by themselves. */
export const misfitReasons = (way: Way, values: SharedValues): readonly Reason[] => {
  const { verdicts, free, options } = way;
  const needed = neededBy(way);
  if (verdicts.length < needed) return [{ code: 'NO_MATCH', count: needed - verdicts.length }];
  return options.length > 0 || free.length < needed ? [] : [notTogether(way, values) ?? notApart(way, values)];
};

const notTogether = (way: Way, values: SharedValues): Reason | undefined => {
  const { together } = way.alternative;
  const needed = neededBy(way);
  const most = Math.max(0, ...[...shared(way.free, together, values).values()].map((set) => set.length));
  return most >= needed ? undefined : { code: 'NOT_TOGETHER', count: needed - most, example: `at most ${most} share ${together.join(', ')}` };
};

const notApart = (way: Way, values: SharedValues): Reason => {
  const { together, apart } = way.alternative;
  const valuesOf = apart.map(values.of);
  const sets = [...shared(way.free, together, values).values()];
  const most = Math.max(0, ...sets.map((set) => mostDiffering(set, valuesOf)));
  return { code: 'NOT_APART', count: neededBy(way) - most, example: `at most ${most} differ in ${apart.join(', ')}` };
};

/** Why a request that could be served by itself as far as numbers go cannot be, when nothing else of its wish is in the way. */
export const combinationReasons = (way: Way): readonly Reason[] => {
  const { together, apart, linked } = way.alternative;
  const example = (verb: string, names: readonly string[]): string => `no choice of them ${verb} ${names.join(' and ')}`;
  return [
    ...(linked && together.length > 0 ? [{ code: 'NOT_TOGETHER' as const, count: neededBy(way), example: example('shares', together) }] : []),
    ...(apart.length > (linked ? 0 : 1) ? [{ code: 'NOT_APART' as const, count: neededBy(way), example: example('differs in', apart) }] : []),
  ];
};
