import { describe, expect, it } from '@jest/globals';
import { laterEpoch } from './epoch.js';

const AT_NINE = '019aab00-0000-7abc-8000-000000000009';
const AT_TEN = '019aab00-ffff-7def-9000-00000000000a';

describe("the name of an agent's start", () => {
  it('is its own where nothing is known of a start before, or the one before was earlier', () => {
    expect([laterEpoch(AT_NINE, undefined), laterEpoch(AT_TEN, AT_NINE)]).toEqual([AT_NINE, AT_TEN]);
  });

  it('is a millisecond later than the one before where the clock was set back', () => {
    const next = laterEpoch(AT_NINE, AT_TEN);
    expect(next).toBe('019aab01-0000-7abc-8000-000000000009');
    expect(next > AT_TEN).toBe(true);
  });

  it('goes on rising while the clock is behind', () => {
    const starts = [AT_TEN];
    for (let n = 0; n < 5; n += 1) starts.push(laterEpoch(AT_NINE, starts.at(-1)));
    expect([...starts].sort()).toEqual(starts);
    expect(new Set(starts).size).toBe(6);
  });

  it('is another one also where a start has the very same name', () => {
    expect(laterEpoch(AT_TEN, AT_TEN) > AT_TEN).toBe(true);
  });
});
