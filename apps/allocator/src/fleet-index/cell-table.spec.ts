import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CellTable } from './cell-table.js';
import { CELL } from './cells.js';

const change = fc.tuple(fc.nat(6), fc.integer({ min: 0, max: 9 }), fc.nat(1_000));

describe('a table of cells', () => {
  it('answers what was said last of each host, however hosts grow and shrink', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
        const table = new CellTable(CELL);
        const said = new Map<number, readonly number[]>();
        for (const [number, cells, seed] of changes) {
          const words = Array.from({ length: cells * CELL }, (_, index) => seed + index);
          table.set(number, Int32Array.from(words));
          said.set(number, words);
        }
        for (let number = 0; number <= 7; number += 1) {
          const { words, start, end } = table.of(number);
          expect([...words.subarray(start, end)]).toEqual(said.get(number) ?? []);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
