import { describe, expect, it } from '@jest/globals';
import { aLog, at, observation } from '../../spec/events.js';
import type { KnownEvent } from './known-event.js';
import { applyToVm, showVm, type VmRow } from './vm.js';

const [a, b] = [observation('h1', '0000:28:00.1'), observation('h1', '0000:28:00.2')];
const elsewhere = observation('h2', '0000:28:00.1');
const fold = (...events: readonly KnownEvent[]): VmRow | null => events.reduce<VmRow | null>((row, event) => applyToVm(row, 'vm1', event), null);
const show = (...events: readonly KnownEvent[]) => showVm('vm1', fold(...events), null);

describe('what is shown of a VM', () => {
  it('is its newest state, its wishes and what it holds', () => {
    const log = aLog();
    const vm = show(log.vmState('vm1', 'starting', { hostId: 'h1', sequence: 7, numaNodes: [0] }), log.reserved('h1', 'vm1', [a, b], 'r1'));
    expect(vm).toMatchObject({
      state: 'starting',
      hostId: 'h1',
      sequence: 7,
      occurredAt: at(1),
      wishes: { devices: [{ device: '10GE' }], numaNodes: [0] },
    });
    expect(vm?.reservation).toMatchObject({ reservationId: 'r1', state: 'held', hostId: 'h1', since: at(2) });
    expect(vm?.devices.map(({ address }) => address)).toEqual([a.address, b.address]);
  });

  it('is nothing for a VM of which nothing was seen', () => {
    expect(showVm('vm1', null, null)).toBeUndefined();
  });

  it('is the mark of a VM that never asked for anything', () => {
    const mark = { state: 'running', hostId: 'h9', sequence: 3, occurredAt: at(1) } as const;
    expect(showVm('vm1', null, mark)).toMatchObject({ state: 'running', hostId: 'h9', wishes: { devices: [] }, reservation: null, devices: [] });
  });

  it('is the newer of the recorded state and the marked one, by sequence where both have one', () => {
    const row = fold(aLog().vmState('vm1', 'running', { sequence: 5 }));
    const mark = { hostId: null, occurredAt: at(1) };
    expect(showVm('vm1', row, { ...mark, state: 'stopped', sequence: 4 })?.state).toBe('running');
    expect(showVm('vm1', row, { ...mark, state: 'stopped', sequence: 6 })?.state).toBe('stopped');
    expect(showVm('vm1', row, { ...mark, state: 'stopped', sequence: null, occurredAt: at(0) })?.state).toBe('running');
    expect(showVm('vm1', row, { ...mark, state: 'stopped', sequence: null, occurredAt: at(9) })?.state).toBe('stopped');
  });

  it('names the host of the reservation where the platform named none', () => {
    const log = aLog();
    expect(show(log.vmState('vm1', 'starting'), log.reserved('h1', 'vm1', [a]))?.hostId).toBe('h1');
  });

  it('has an unknown state when devices were reserved before the platform reported it', () => {
    const log = aLog();
    expect(show(log.reserved('h1', 'vm1', [a]), log.released('h1', 'vm1', [a]))).toMatchObject({
      state: 'unknown',
      occurredAt: at(1),
      reservation: null,
    });
  });

  it('shrinks when a part is given back and has no reservation when all of it is', () => {
    const log = aLog();
    const before = [log.reserved('h1', 'vm1', [a, b]), log.released('h1', 'vm1', [a])];
    expect(show(...before)?.devices.map(({ address }) => address)).toEqual([b.address]);
    expect(show(...before, log.released('h1', 'vm1', [b]))?.reservation).toBeNull();
  });

  it('is releasing when all that is left is on its way back', () => {
    const log = aLog();
    const before = [log.reserved('h1', 'vm1', [a, b]), log.pending('h1', 'vm1', [a])];
    expect(show(...before)?.reservation?.state).toBe('held');
    expect(show(...before, log.pending('h1', 'vm1', [b]))?.reservation?.state).toBe('releasing');
  });

  it('is the new hold of a VM that moved while the old host still has a device attached', () => {
    const log = aLog();
    const moved = [log.reserved('h1', 'vm1', [a]), log.pending('h1', 'vm1', [a]), log.reserved('h2', 'vm1', [elsewhere], 'r2')];
    expect(show(...moved)?.reservation).toMatchObject({ reservationId: 'r2', hostId: 'h2', state: 'held' });
    expect(show(...moved, log.released('h2', 'vm1', [elsewhere]))?.reservation).toMatchObject({ hostId: 'h1', state: 'releasing' });
  });

  it('keeps what is on its way back when a changed wish is served on the same host', () => {
    const log = aLog();
    const vm = show(log.reserved('h1', 'vm1', [a]), log.pending('h1', 'vm1', [a]), log.reserved('h1', 'vm1', [b], 'r2'));
    expect(vm?.reservation).toMatchObject({ reservationId: 'r2', state: 'held' });
    expect(vm?.devices.map(({ address }) => address)).toEqual([b.address, a.address]);
  });

  it('tells whose VM it is, where its platform says so', () => {
    const log = aLog();
    expect(show(log.vmState('vm1', 'starting', { tenant: 'acme' }))?.tenant).toBe('acme');
    expect(show(log.vmState('vm1', 'starting', { tenant: 'acme' }), log.vmState('vm1', 'running'))).not.toHaveProperty('tenant');
  });

  it('has a reservation for what was found attached to it, and says so', () => {
    const log = aLog();
    const found = show(log.adopted('h1', 'vm1', [a], 'r-found'));
    expect(found?.reservation).toMatchObject({ reservationId: 'r-found', hostId: 'h1', state: 'held', since: at(1), adopted: true });
    expect(found?.devices.map(({ address }) => address)).toEqual([a.address]);
  });

  it('adds what was found attached to what it holds there already', () => {
    const log = aLog();
    const vm = show(log.reserved('h1', 'vm1', [a], 'r1'), log.pending('h1', 'vm1', [a]), log.adopted('h1', 'vm1', [a, b], 'r1'));
    expect(vm?.reservation).toMatchObject({ reservationId: 'r1', state: 'held', since: at(1), adopted: true });
    expect(vm?.devices.map(({ address }) => address)).toEqual([a.address, b.address]);
  });

  it('is orphaned when its host has nothing of it attached, until something is found or reserved again', () => {
    const log = aLog();
    const before = [log.reserved('h1', 'vm1', [a]), log.reserved('h2', 'vm1', [elsewhere]), log.orphaned('h2', 'vm1', [elsewhere])];
    expect(show(...before)?.reservation).toMatchObject({ hostId: 'h2', state: 'held', orphaned: true });
    expect(show(...before, log.released('h2', 'vm1', [elsewhere]))?.reservation).not.toHaveProperty('orphaned');
    expect(show(...before, log.adopted('h2', 'vm1', [elsewhere]))?.reservation).not.toHaveProperty('orphaned');
    expect(show(...before, log.reserved('h2', 'vm1', [elsewhere]))?.reservation).not.toHaveProperty('orphaned');
  });
});
