import type { Entry, Plan } from './plan.js';
import { runPlan, type RunOptions, type RunResult } from './run.js';

/** The smallest plan that was found, and how it fails. */
export interface Shrunk {
  readonly plan: Plan;
  readonly result: RunResult;
}

/** Runs at most: a history that is a little too long is worth more than none. */
const MOST_RUNS = 150;

/**
 * Leaves out what is done, first much of it and then one by one, as long as the same promise is broken. Chance comes from the
 * seed all the same, so that what is left happens much as it did.
 */
export const shrink = async (seed: number, failing: Shrunk, options: RunOptions = {}): Promise<Shrunk> => {
  const promise = failing.result.violation?.promise;
  let best = failing;
  let runs = 0;
  const tryWith = async (plan: Plan): Promise<boolean> => {
    if (runs >= MOST_RUNS) return false;
    runs += 1;
    const result = await runPlan(seed, plan, options);
    if (result.violation?.promise !== promise) return false;
    best = { plan, result };
    return true;
  };
  for (let size = Math.ceil(best.plan.entries.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2))
    for (let from = 0; from < best.plan.entries.length;)
      if (!(await tryWith({ ...best.plan, entries: without(best.plan.entries, from, size) }))) from += size;
  for (const calm of [{ doubling: 0 }, { losing: 0 }, { untold: 0 }]) await tryWith({ ...best.plan, ...calm });
  return best;
};

const without = (entries: readonly Entry[], from: number, count: number): readonly Entry[] => [
  ...entries.slice(0, from),
  ...entries.slice(from + count),
];
