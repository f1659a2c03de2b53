import { describe, expect, it } from '@jest/globals';
import type { LogEvent } from './findings.js';
import { heldByVms, leaks, losses, staleWrites, timesGiven } from './holdings.js';

const event = (position: number, type: string, vmId: string, deviceId: string, fence = 1): LogEvent => ({
  position,
  stream: 'host-h1',
  version: position,
  id: `event-${position}`,
  type,
  data: { vmId, devices: [{ deviceId }] },
  meta: { fence },
});

const LOG = [
  event(1, 'DevicesReserved', 'vm-1', 'd1'),
  event(2, 'DevicesReserved', 'vm-2', 'd2'),
  event(3, 'DevicesReleased', 'vm-1', 'd1'),
  event(4, 'DevicesReserved', 'vm-1', 'd3'),
];

describe('the reader of holdings', () => {
  it('knows who holds what in the end, and how often each was given something', () => {
    expect([...heldByVms(LOG)].map(([vmId, its]) => [vmId, ...its])).toEqual([
      ['vm-2', 'd2'],
      ['vm-1', 'd3'],
    ]);
    expect([...timesGiven(LOG)]).toEqual([
      ['vm-1', 2],
      ['vm-2', 1],
    ]);
  });

  it('finds what a VM that has ended still holds, and who runs without what it was given', () => {
    expect(leaks(LOG, ['vm-1', 'vm-9'])).toEqual(['vm-1 has ended and still holds d3']);
    expect(losses(LOG, ['vm-1', 'vm-9'])).toEqual(['vm-9 runs and holds nothing']);
    expect([leaks(LOG.slice(0, 3), ['vm-1']), losses(LOG.slice(0, 3), ['vm-2'])]).toEqual([[], []]);
  });

  it('finds what an owner wrote after it had been replaced, and takes writers without a number for nobody', () => {
    const nobody = { ...event(3, 'DevicesReserved', 'vm-3', 'd3'), meta: {} };
    expect(staleWrites([event(1, 'A', 'v', 'd', 1), event(2, 'A', 'v', 'd', 2), nobody, event(4, 'A', 'v', 'd', 2)])).toEqual([]);
    expect(staleWrites([event(1, 'A', 'v', 'd', 2), event(2, 'A', 'v', 'd', 1)])).toEqual(['position 2 was written by owner 1 after owner 2']);
  });
});
