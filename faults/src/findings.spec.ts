import { describe, expect, it } from '@jest/globals';
import { firstFault, holdersOf, isClean, judgeCopy, judgeLog, together, type Copied, type LogEvent } from './findings.js';

const event = (position: number, type: string, vmId: string, deviceId: string, more: Partial<LogEvent> = {}): LogEvent => ({
  position,
  stream: 'host-h1',
  version: position,
  id: `event-${position}`,
  type,
  data: { vmId, reservationId: `r-${vmId}`, devices: [{ deviceId }] },
  ...more,
});

/** Two VMs are given a device each; the first gives it back and a third takes it. */
const LOG = [
  event(1, 'DevicesReserved', 'vm-1', 'd1'),
  event(2, 'DevicesReserved', 'vm-2', 'd2'),
  event(3, 'DevicesReleased', 'vm-1', 'd1'),
  event(4, 'DevicesReserved', 'vm-3', 'd1'),
];
const TOLD = ['vm-1', 'vm-2', 'vm-3'].map((vmId) => ({ vmId, reservationId: `r-${vmId}` }));
const COPIES: readonly Copied[] = LOG.map(({ position, id }) => ({ sequence: position, id, position }));
const [FIRST, SECOND, THIRD, FOURTH] = LOG as [LogEvent, LogEvent, LogEvent, LogEvent];

describe('the reader', () => {
  it('finds nothing wrong with a log that holds what was acknowledged, and a copy that holds the log', () => {
    expect(isClean(together(judgeLog(LOG, 4, TOLD), judgeCopy(LOG, COPIES)))).toBe(true);
    expect(firstFault(judgeLog(LOG, 4, TOLD))).toBeUndefined();
  });

  it('misses what somebody was told of, by reservation or by receipt', () => {
    expect(judgeLog(LOG, 4, [...TOLD, { vmId: 'vm-9' }]).lost).toEqual(['vm-9 was told of receipt, and the log does not know it']);
    expect(judgeLog(LOG, 4, [{ vmId: 'vm-2', reservationId: 'another' }]).lost).toEqual(['vm-2 was told of another, and the log does not know it']);
  });

  it('misses an event out of the midst and one from the end, by the numbers that are not there', () => {
    expect(judgeLog([FIRST, THIRD, FOURTH], 5, []).lost).toEqual(['position 2 is not in the log', 'position 5 is not in the log']);
    expect(judgeLog([FIRST, THIRD, FOURTH], 4, []).misplaced).toEqual(['position 3 has version 3 of host-h1, not 2']);
  });

  it('sees an event that is there twice', () => {
    expect(judgeLog([...LOG, { ...event(5, 'DeviceDiscovered', 'vm-9', 'd9'), id: SECOND.id }], 5, TOLD).doubled).toEqual([
      'event event-2 is in the log again',
    ]);
  });

  it('sees a device with two holders, and a VM that was given devices twice', () => {
    const twice = [FIRST, event(2, 'DevicesReserved', 'vm-2', 'd1'), event(3, 'DevicesReserved', 'vm-2', 'd3')];
    expect(judgeLog(twice, 3, []).doubled).toEqual(['d1 is held by vm-1 and vm-2', 'vm-2 was given devices again at position 3']);
    expect([...(holdersOf(LOG).get('d1') ?? [])]).toEqual(['vm-3']);
  });

  it('sees what the copy lost, what it has twice, and what stands at another place', () => {
    expect(judgeCopy(LOG, COPIES.slice(0, 3)).lost).toEqual(['position 4 is not in the stream']);
    expect(judgeCopy(LOG, [...COPIES, { sequence: 5, id: FOURTH.id, position: 4 }])).toEqual({
      lost: [],
      doubled: ['event event-4 is in the stream again'],
      misplaced: ['sequence 5 holds position 4'],
    });
  });

  it('lets a copy begin later than the log, and misses nothing before', () => {
    expect(isClean(judgeCopy(LOG, COPIES.slice(2), 3))).toBe(true);
    expect(judgeCopy(LOG, COPIES.slice(3), 3).lost).toEqual(['position 3 is not in the stream']);
  });
});
