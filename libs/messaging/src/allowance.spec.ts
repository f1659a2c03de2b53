import { describe, expect, it } from '@jest/globals';
import { Allowance } from './allowance.js';

const AT = 1_000_000;
const taken = (allowance: Allowance, source: string, times: number, atMs: number): number =>
  Array.from({ length: times }, () => allowance.take(source, atMs)).filter(Boolean).length;

describe('what a source may tell', () => {
  it('is its burst at once, and no more', () => {
    expect(taken(new Allowance({ burst: 10, perSecond: 5 }), 'h1', 50, AT)).toBe(10);
  });

  it('comes back over time, up to its burst', () => {
    const allowance = new Allowance({ burst: 10, perSecond: 5 });
    taken(allowance, 'h1', 50, AT);
    expect([taken(allowance, 'h1', 50, AT + 1_000), taken(allowance, 'h1', 50, AT + 3_600_000)]).toEqual([5, 10]);
  });

  it('is not less for what another source tells', () => {
    const allowance = new Allowance({ burst: 10, perSecond: 5 });
    taken(allowance, 'h1', 50, AT);
    expect(taken(allowance, 'h2', 50, AT)).toBe(10);
  });

  it('is counted by when the stream took it, so that what piled up over an hour is no flood', () => {
    const allowance = new Allowance({ burst: 10, perSecond: 5 });
    const allowed = Array.from({ length: 3_600 }, (_, second) => allowance.take('h1', AT + second * 1_000)).filter(Boolean);
    expect(allowed).toHaveLength(3_600);
  });

  it('is no more for messages that come again, which are older than the last', () => {
    const allowance = new Allowance({ burst: 10, perSecond: 5 });
    taken(allowance, 'h1', 50, AT);
    expect([taken(allowance, 'h1', 5, AT - 60_000), taken(allowance, 'h1', 50, AT)]).toEqual([0, 0]);
  });
});

describe('sources that tell nothing any more', () => {
  it('are forgotten, so that names without number take no memory', () => {
    const allowance = new Allowance({ burst: 2, perSecond: 1, mostSources: 100 });
    for (let n = 0; n < 10_000; n += 1) allowance.take(`h${n}`, AT + n * 100);
    expect(allowance.size).toBeLessThanOrEqual(100);
  });

  it('are remembered as long as they have told too much', () => {
    const allowance = new Allowance({ burst: 2, perSecond: 1, mostSources: 100 });
    taken(allowance, 'loud', 5, AT);
    for (let n = 0; n < 200; n += 1) allowance.take(`h${n}`, AT);
    expect(allowance.take('loud', AT)).toBe(false);
  });
});
