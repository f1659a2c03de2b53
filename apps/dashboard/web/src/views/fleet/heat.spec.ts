import { describe, expect, it } from '@jest/globals';
import { heatOf } from './heat.js';

describe('the colour of a cell', () => {
  it.each([
    [0, 8, 0],
    [1, 63, 1],
    [2, 6, 1],
    [4, 4, 2],
    [5, 3, 3],
    [7, 1, 3],
    [8, 0, 4],
  ])('for %d free and %d held is step %d: the first and the last are for nothing and for everything', (free, held, heat) => {
    expect(heatOf(free, held)).toBe(heat);
  });
});
