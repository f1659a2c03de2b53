import { describe, expect, it } from '@jest/globals';
import { choose, type NamedRow } from './choice.js';
import type { FaultRow } from './fault-row.js';

const named = (number: number, name: string, quick: boolean): NamedRow => ({ name, row: { number, quick } as FaultRow });
const ALL = [named(1, '01-kill-nats', true), named(2, '02-power-loss', false), named(3, '03-rolled-back', true)];
const numbers = (...given: readonly string[]): readonly number[] => choose(given, ALL).rows.map(({ number }) => number);

describe('the command line', () => {
  it('means all rows when it names none, and the quick ones of these with --quick', () => {
    expect([numbers(), numbers('--quick'), numbers('2', '3', '--quick')]).toEqual([[1, 2, 3], [1, 3], [3]]);
  });

  it('names rows by number, by file and by what the file is called', () => {
    expect(numbers('2', 'rolled-back', '01-kill-nats')).toEqual([1, 2, 3]);
  });

  it('says how often, and whether only controls', () => {
    expect(choose(['1', '--runs', '5', '--control-only'], ALL)).toMatchObject({ runs: 5, controlOnly: true, list: false });
  });

  it('says where the results go instead of the page', () => {
    expect(choose(['--report', 'counts.json', '1'], ALL)).toMatchObject({ rows: [{ number: 1 }], report: 'counts.json' });
    expect(choose(['1'], ALL)).not.toHaveProperty('report');
  });

  it.each([['9'], ['power'], ['--fast'], ['--runs', '0'], ['--runs'], ['--report'], ['--report', '--quick']])('refuses %s %s', (...given) => {
    expect(() => choose(given, ALL)).toThrow(RangeError);
  });
});
