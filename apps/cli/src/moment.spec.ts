import { describe, expect, it } from '@jest/globals';
import { UsageError } from './exit-codes.js';
import { parseMoment, parseTime, toAt } from './moment.js';

const NOW = new Date('2026-11-20T10:00:00Z');

describe('a moment', () => {
  it.each<[string, unknown]>([
    ['4711', { position: 4711 }],
    ['2026-11-20T09:00:00Z', { time: new Date('2026-11-20T09:00:00Z') }],
    ['2026-11-20T10:00:00+01:00', { time: new Date('2026-11-20T09:00:00Z') }],
    ['2026-11-20', { time: new Date('2026-11-20T00:00:00Z') }],
    ['90s', { time: new Date('2026-11-20T09:58:30Z') }],
    ['10m', { time: new Date('2026-11-20T09:50:00Z') }],
    ['2h', { time: new Date('2026-11-20T08:00:00Z') }],
    ['3d', { time: new Date('2026-11-17T10:00:00Z') }],
  ])('is written as %s', (text, moment) => {
    expect(parseMoment('--since', text, NOW)).toEqual(moment);
  });

  it.each(['', 'yesterday', '-5', '2026-13-01', '5w', '1e9', '2026-11-20Tnoon'])('is not %j, and the option is named', (text) => {
    expect(() => parseMoment('--since', text, NOW)).toThrow(UsageError);
    expect(() => parseMoment('--since', text, NOW)).toThrow('--since');
  });

  it('goes into a request as text, in UTC', () => {
    expect(toAt('--as-of', '17')).toBe('17');
    expect(toAt('--as-of', '2026-11-20T10:00:00+01:00')).toBe('2026-11-20T09:00:00.000Z');
  });

  it('may have to be a time', () => {
    expect(() => parseTime('--since', '17')).toThrow(UsageError);
    expect(parseTime('--since', '2026-11-20T09:00:00Z')).toEqual(new Date('2026-11-20T09:00:00Z'));
  });
});
