import { describe, expect, it } from '@jest/globals';
import type { FaultRow, Outcome } from './fault-row.js';
import { merge, toPage, type StoredResult } from './results.js';
import { toResult, type RowResult } from './run-row.js';
import { isGood, toSummary, toTable } from './table.js';

const never = (): Promise<Outcome> => Promise.reject(new Error('not run here'));
const row = (number: number): FaultRow => ({ number, fault: 'a | fault', promise: 'nothing lost', quick: true, run: never, control: never });
const outcome = (more: Partial<Outcome> = {}): Outcome => ({ acknowledged: 10, lost: 0, doubled: 0, kept: true, ...more });
const FOUND = outcome({ lost: 3, kept: false });
const result = (number: number, ...outcomes: readonly Outcome[]): RowResult => toResult(row(number), outcomes, FOUND);
const skipped: RowResult = { ...result(2, outcome()), verdict: 'skipped', runs: 0, note: 'needs root' };

describe('the result of a row', () => {
  it('is kept when every run kept the promise and the control did not', () => {
    expect(result(1, outcome({ healMs: 200 }), outcome({ healMs: 1_500 }))).toMatchObject({
      verdict: 'kept',
      runs: 2,
      acknowledged: 20,
      healMs: 1_500,
    });
  });

  it('is broken when one run of several broke the promise, and says what was found there', () => {
    const broken = result(1, outcome(), outcome({ lost: 1, kept: false, note: 'position 7 is not in the log' }));
    expect(broken).toMatchObject({ verdict: 'broken', lost: 1, note: 'position 7 is not in the log' });
  });

  it('is no success when the control finds nothing', () => {
    const blind = toResult(row(1), [outcome()], outcome());
    expect(blind.verdict).toBe('control did not fail');
    expect(isGood([blind])).toBe(false);
  });
});

describe('the table', () => {
  it('has a line for each row in the order of their numbers, and no cell breaks it', () => {
    const lines = toTable([result(10, outcome({ note: 'a\nb | c' })), skipped]).split('\n');
    expect(lines.map((line) => line.split('|').length)).toEqual(Array.from(lines, () => 13));
    expect(lines[2]).toMatch(/^\| 2 .*skipped.*needs root/);
    expect(lines[3]).toMatch(/^\| 10 .*a \/ fault.*kept.*3 lost.*a b \/ c/);
  });

  it('ends with a sentence that names what was not kept', () => {
    const broken = result(3, outcome({ doubled: 1, kept: false }));
    expect(toSummary([result(1, outcome()), skipped, broken])).toBe('faults: 1 kept, 1 broken (3), 1 skipped (2)');
    expect([isGood([result(1, outcome()), skipped]), isGood([broken])]).toEqual([true, false]);
  });
});

describe('stored results', () => {
  const stored = (one: RowResult, date: string): StoredResult => ({ ...one, date, versions: { node: '20.1.0', nats: '2.10.1', postgres: '18.1' } });

  it('take the place of earlier ones of the same row, and leave the others', () => {
    const merged = merge([stored(result(1, outcome()), 'old'), stored(result(3, outcome()), 'old')], [stored(result(3, outcome()), 'new')]);
    expect(merged.map(({ number, date }) => [number, date])).toEqual([
      [1, 'old'],
      [3, 'new'],
    ]);
  });

  it('are not forgotten because a machine cannot run the row', () => {
    expect(merge([stored(result(2, outcome()), 'old')], [stored(skipped, 'new')])[0]?.date).toBe('old');
    expect(merge([], [stored(skipped, 'new')])[0]?.verdict).toBe('skipped');
  });

  it('stand on a page with what they were made with', () => {
    const page = toPage([stored(result(1, outcome()), '2026-11-22')], 'a machine');
    expect(page).toContain('Last run 2026-11-22, on a machine, Node 20.1.0, nats-server 2.10.1, PostgreSQL 18.1.');
    expect(page).toContain('3 lost');
  });
});
