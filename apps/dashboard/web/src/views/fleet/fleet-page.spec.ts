import { describe, expect, it } from '@jest/globals';
import { toFleet, type FleetPage, type Variety } from './fleet-page.js';

const variety = (name: string, free: number): Variety => ({
  variety: `name:${name}`,
  label: name,
  deviceType: 'NIC',
  filter: { name },
  free,
  held: 0,
  ineligible: 0,
  missing: 0,
});
const page = (hostId: string, varieties: Variety[], past: boolean): FleetPage => ({
  varieties,
  moreVarieties: 0,
  hostStates: past ? null : { online: 2 },
  hosts: [{ hostId, hostname: hostId, state: past ? null : 'online', cells: [[1, 5, 0, 0, 0]] }],
  nextCursor: null,
});

describe('pages of the fleet', () => {
  it('are one map, each cell in its own column, wherever that stands on its page', () => {
    const { rows, varieties } = toFleet([
      page('h1', [variety('GPU', 9), variety('10GE', 20)], false),
      page('h2', [variety('10GE', 20), variety('GPU', 9)], false),
    ]);
    expect(rows.map(({ host, counts }) => [host.hostId, [...counts.keys()]])).toEqual([
      ['h1', ['name:10GE']],
      ['h2', ['name:GPU']],
    ]);
    expect(varieties.map(({ free }) => free)).toEqual([20, 9]);
  });

  it('count together as of an earlier time, when each counts its own hosts', () => {
    const { varieties } = toFleet([page('h1', [variety('GPU', 1), variety('10GE', 4)], true), page('h2', [variety('10GE', 3)], true)]);
    expect(varieties.map(({ label, free }) => [label, free])).toEqual([
      ['GPU', 1],
      ['10GE', 7],
    ]);
  });
});
