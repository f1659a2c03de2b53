import { describe, expect, it } from '@jest/globals';
import { isKept, toTable, type Figure } from './figure.js';

const figure = (more: Partial<Figure>): Figure => ({ what: 'p99', value: 30, unit: 'ms', ...more });

describe('a figure', () => {
  it('keeps what is promised by its ratio to the undisturbed system, where there is one', () => {
    expect([isKept(figure({ undisturbed: 20, most: 2 })), isKept(figure({ undisturbed: 10, most: 2 }))]).toEqual([true, false]);
  });

  it('keeps what is promised by its value otherwise', () => {
    expect([isKept(figure({ most: 30 })), isKept(figure({ most: 29 })), isKept(figure({ least: 30 })), isKept(figure({ least: 31 }))]).toEqual([
      true,
      false,
      true,
      false,
    ]);
  });

  it('is neither kept nor broken where nothing is promised', () => {
    expect(isKept(figure({ undisturbed: 1 }))).toBeUndefined();
  });

  it('stands in a table with its ratio, and loudly where it is not kept', () => {
    const [, , row] = toTable([figure({ undisturbed: 10, most: 2, note: 'why' })]).split('\n');
    expect(row?.split('|').map((cell) => cell.trim())).toEqual(['', 'p99', '30 ms', '10 ms', '3.0', '≤ 2 times', 'NO', 'why', '']);
  });
});
