import { describe, expect, it } from '@jest/globals';
import { capacityOf } from './fragmentation.js';
import { toVariety } from './variety.js';

const VARIETY = toVariety('name:10GE', 'SRIOV-VF', { free: 10, held: 6, ineligible: 0, missing: 0 });
const FREE = { hosts: 3, free: 10, onUntouched: 8, largest: 8, largestHostId: 'h1', fits2: 5, fits4: 2, fits8: 1 };

describe('what can still be had of a variety', () => {
  it('says what fits on one host, and how often', () => {
    expect(capacityOf(VARIETY, FREE)).toMatchObject({ hostsWithFree: 3, largest: { count: 8, hostId: 'h1' }, fits: { 1: 10, 2: 5, 4: 2, 8: 1 } });
  });

  it.each([
    [8, 0.2],
    [10, 0],
    [0, 1],
  ])('is fragmented by the share of free devices on hosts that are in use: %d of 10 are not', (onUntouched, fragmentation) => {
    expect(capacityOf(VARIETY, { ...FREE, onUntouched }).fragmentation).toBe(fragmentation);
  });

  it('is nothing where nothing is free', () => {
    expect(capacityOf(VARIETY, undefined)).toMatchObject({ largest: null, fits: { 1: 0 }, fragmentation: null });
  });
});
