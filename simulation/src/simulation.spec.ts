import 'reflect-metadata';
import { describe, expect, it } from '@jest/globals';
import { planOf } from './plan.js';
import { runPlan } from './run.js';
import { historyOf } from './summary.js';

/** A few, for whoever runs the specs alone: `npm test` runs 1,000 by the simulation's own program. */
const SEEDS = 20;
const AT_ONCE = 10;
const LONGEST_MS = 600_000;

/** Histories of the seeds that broke a promise. */
const broken = async (first: number, last: number): Promise<readonly string[]> => {
  const histories: string[] = [];
  for (let seed = first; seed <= last; seed += 1) {
    const plan = planOf(seed);
    const result = await runPlan(seed, plan);
    if (result.violation) histories.push(historyOf(result, plan));
  }
  return histories;
};

describe('the services together, whatever fails around them', () => {
  const firsts = Array.from({ length: SEEDS / AT_ONCE }, (_, index) => 1 + index * AT_ONCE);

  it.each(firsts.map((first) => [first, first + AT_ONCE - 1]))(
    'keep every promise by the seeds from %i to %i',
    async (first, last) => {
      expect(await broken(first, last)).toEqual([]);
    },
    LONGEST_MS,
  );

  it('do the same by the same seed', async () => {
    const [one, other] = [await runPlan(7, planOf(7)), await runPlan(7, planOf(7))];
    expect([other.steps, other.log]).toEqual([one.steps, one.log]);
    expect(one.events).toBeGreaterThan(20);
  });
});
