import { describe, expect, it } from '@jest/globals';
import { atField, isBy, parseAsOf } from './as-of.js';

describe('the time that is looked at', () => {
  it('is a time or a position of the journal', () => {
    expect(parseAsOf('2026-11-20T10:00:00+01:00')).toBe('2026-11-20T09:00:00.000Z');
    expect(parseAsOf('1234')).toBe('1234');
  });

  it('is now where the address says nothing that can be read', () => {
    expect([parseAsOf(null), parseAsOf(''), parseAsOf('yesterday'), parseAsOf('-4')]).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('goes into requests as a number where it is a position', () => {
    expect([atField('1234'), atField('2026-11-20T09:00:00.000Z'), atField(undefined)]).toEqual([
      { at: 1234 },
      { at: '2026-11-20T09:00:00.000Z' },
      {},
    ]);
  });

  it('leaves out what came later', () => {
    const time = '2026-11-20T09:00:00.000Z';
    expect([isBy(time, '2026-11-20T08:59:59Z'), isBy(time, '2026-11-20T09:00:01Z')]).toEqual([true, false]);
    expect([isBy('12', time, '12'), isBy('12', time, '13'), isBy(undefined, time, '13')]).toEqual([true, false, true]);
  });
});
