import { describe, expect, it } from '@jest/globals';
import { aDevice } from '@vfleet/testing';
import { discovered, given, names, online, only, vmState } from '../testing/given.js';
import type { Command } from './decide.js';

const nic = (n: number) => aDevice('h1', `0000:28:00.${n}`, { name: '10GE', iommuGroup: n });
const host = [online('h1'), ...discovered('h1', nic(1), nic(2))];
const reserve = (vmId: string, more: object = {}): Command => ({
  type: 'Reserve',
  request: { vmId, hostId: 'h1', devices: [{ device: '10GE' }], ...more },
});
const release = (vmId: string, reservationId?: string): Command => ({ type: 'Release', request: { vmId, ...(reservationId && { reservationId }) } });

describe('a reservation asked for directly', () => {
  it('is made, and the same request again answers the same one', () => {
    const first = given(host).when(reserve('vm-1'));
    const { reservationId } = only(first, 'DevicesReserved');
    expect(first.answer).toMatchObject({ kind: 'reservation', reservation: { reservationId, hostId: 'h1', state: 'held' } });
    const again = given(host, first.events).when(reserve('vm-1'));
    expect([again.events, again.answer]).toEqual([[], expect.objectContaining({ reservation: expect.objectContaining({ reservationId }) })]);
  });

  it('with another wish for a VM that holds something is a conflict', () => {
    const decision = given(host).whenAll(reserve('vm-1'), reserve('vm-1', { devices: [{ device: '10GE', count: 2 }] }));
    expect([decision.events, decision.answer]).toEqual([
      [],
      expect.objectContaining({ kind: 'conflict', refusal: expect.objectContaining({ code: 'ALREADY_EXISTS' }) }),
    ]);
  });

  it('is the same request in other words: a count of one, and the order of fields', () => {
    const first = given(host).when(reserve('vm-1', { devices: [{ device: '10GE' }] }));
    const again = given(host, first.events).when(reserve('vm-1', { devices: [{ count: 1, device: '10GE' }] }));
    expect([again.events, again.answer]).toEqual([[], expect.objectContaining({ kind: 'reservation' })]);
  });

  it('near other NUMA nodes than what the VM holds is another wish', () => {
    const first = given(host).when(reserve('vm-1', { numaNodes: [0] }));
    expect(given(host, first.events).when(reserve('vm-1', { numaNodes: [1] })).answer).toMatchObject({ kind: 'conflict' });
    expect(given(host, first.events).when(reserve('vm-1', { numaNodes: [0] })).answer).toMatchObject({ kind: 'reservation' });
    expect(given(host, first.events).when(reserve('vm-1')).answer).toMatchObject({ kind: 'reservation' });
  });

  it('as a dry run shows what it would make, without an id and without an event', () => {
    const { events, answer } = given(host).when(reserve('vm-1', { dryRun: true }));
    expect(events).toEqual([]);
    expect(answer).toMatchObject({ kind: 'reservation', reservation: { vmId: 'vm-1', devices: [{ address: '0000:28:00.1' }] } });
    expect(answer).not.toHaveProperty('reservation.reservationId');
  });

  it('that cannot be served is refused, and published with its reasons', () => {
    const { events, answer } = given(host).when(reserve('vm-1', { devices: [{ device: '10GE', count: 3 }] }));
    expect(names({ events, answer })).toEqual(['ReservationRejected']);
    expect(answer).toMatchObject({ kind: 'refused', refusal: { code: 'UNSATISFIABLE', unmet: [{ asked: 3, matched: 2, free: 2 }] } });
  });

  it('is kept by a VM that starts without a word about devices', () => {
    const decision = given(host).whenAll(reserve('vm-1'), vmState('vm-1', 'starting', { hostId: 'h1' }));
    expect(names(decision)).toEqual(['VmStateRecorded']);
    expect(decision.answer).toMatchObject({ outcome: { outcome: 'reserved' } });
  });
});

describe('a release asked for directly', () => {
  it('gives everything back, and nothing the second time', () => {
    expect(given(host).whenAll(reserve('vm-1'), release('vm-1')).answer).toEqual({ kind: 'released', released: 1 });
    expect(given(host).whenAll(reserve('vm-1'), release('vm-1'), release('vm-1'))).toMatchObject({ events: [], answer: { released: 0 } });
  });

  it('of another reservation is a conflict', () => {
    const decision = given(host).whenAll(reserve('vm-1'), release('vm-1', 'somebody-elses'));
    expect([decision.events, decision.answer]).toEqual([[], expect.objectContaining({ kind: 'conflict' })]);
  });

  it('of a reservation that another VM holds is a conflict, and frees nothing', () => {
    const theirs = given(host).when(reserve('vm-1'));
    const { reservationId } = only(theirs, 'DevicesReserved');
    const decision = given(host, theirs.events).when(release('vm-2', reservationId));
    expect([decision.events, decision.answer]).toEqual([[], expect.objectContaining({ kind: 'conflict' })]);
  });

  it('of a reservation that was given back before is none: there is nothing', () => {
    expect(given(host).when(release('vm-1', 'r-long-gone'))).toMatchObject({ events: [], answer: { kind: 'released', released: 0 } });
  });
});
