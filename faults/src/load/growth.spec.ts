import { describe, expect, it } from '@jest/globals';
import { growthOf, percentileOf, type Reading } from './growth.js';

const MINUTE = 60;
const series = (valueAt: (n: number) => number, count = 100): readonly Reading[] =>
  Array.from({ length: count }, (_, n) => ({ seconds: n * MINUTE, value: valueAt(n) }));
const ALLOWED = { least: 16, share: 0.1 };

describe('a line through readings', () => {
  it('grows where they rise all the time', () => {
    const growth = growthOf(
      series((n) => 100 + n),
      ALLOWED,
    );
    expect(growth).toMatchObject({ isGrowing: true, perHour: 60, rise: 99, highest: 199 });
  });

  it('is level where they go up and down like a collector’s teeth', () => {
    expect(
      growthOf(
        series((n) => 100 + (n % 10) * 8),
        ALLOWED,
      ).isGrowing,
    ).toBe(false);
  });

  it('is level where something else on the machine makes bursts, however high', () => {
    expect(
      growthOf(
        series((n) => (n > 60 && n < 80 ? 90_000 : 10)),
        ALLOWED,
      ).isGrowing,
    ).toBe(false);
  });

  it('grows beneath the teeth of a collector', () => {
    expect(
      growthOf(
        series((n) => 100 + (n % 10) * 8 + n / 2),
        ALLOWED,
      ).isGrowing,
    ).toBe(true);
  });

  it('is allowed a share of what is there already', () => {
    expect(
      growthOf(
        series((n) => 1_000 + n / 2),
        ALLOWED,
      ).isGrowing,
    ).toBe(false);
  });

  it('of a single reading is level', () => {
    expect(growthOf([{ seconds: 1, value: 5 }], ALLOWED)).toMatchObject({ isGrowing: false, rise: 0, median: 5 });
  });
});

describe('a percentile', () => {
  it('is the value that a share lies below', () => {
    expect([percentileOf([3, 1, 2, 4], 0.5), percentileOf([3, 1, 2, 4], 0.99), percentileOf([], 0.5)]).toEqual([3, 4, 0]);
  });
});
