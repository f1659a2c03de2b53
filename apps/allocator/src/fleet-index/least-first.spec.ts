import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { leastFirst } from './least-first.js';

/** As it would be said in one line, if it did not have to be quick. */
const sorted = (weights: readonly number[], order: readonly number[], from: number, to: number): readonly number[] =>
  order
    .map((number, place) => ({ number, place, weight: weights[number] as number }))
    .filter(({ weight }) => weight >= from && weight < to)
    .sort((a, b) => a.weight - b.weight || a.place - b.place)
    .map(({ number }) => number);

const taken = (items: Iterable<number>, count: number): readonly number[] => {
  const first: number[] = [];
  for (const item of items) if (first.push(item) >= count) break;
  return first;
};

describe('the least first', () => {
  it('are what sorting says, however many are wanted and taken', () => {
    const weights = fc.array(fc.constantFrom(0, 1, 2, 3, 5, 8, Number.POSITIVE_INFINITY), { maxLength: 300 });
    fc.assert(
      fc.property(weights, fc.nat(), fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 300 }), (all, turn, wanted, count) => {
        const order = all.map((_, place) => (place + turn) % all.length);
        const expected = sorted(all, order, 1, 8);
        expect(taken(leastFirst({ order, weights: all }, 1, 8, wanted), count)).toEqual(expected.slice(0, count));
      }),
      { numRuns: 2_000 },
    );
  });
});
