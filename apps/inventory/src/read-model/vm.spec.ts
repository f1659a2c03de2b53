import { describe, expect, it } from '@jest/globals';
import { aLog, at, observation } from '../../spec/events.js';
import { aMove } from '../../spec/moves.js';
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

  it('finds what it holds where that has moved to, and where it is back', () => {
    const log = aLog();
    const held = log.reserved('h1', 'vm1', [a, b]);
    const addresses = (event: KnownEvent) => show(held, event)?.devices.map(({ address }) => address);
    expect(addresses(log.readdressed('h1', a, '0000:29:00.1', 'vm1'))).toEqual(['0000:29:00.1', b.address]);
    expect(addresses(log.returned('h1', { ...b, address: '0000:29:00.2' }, 'vm1'))).toEqual([a.address, '0000:29:00.2']);
    expect(fold(log.readdressed('h1', a, '0000:29:00.1', 'vm1'))).toBeNull();
  });

  it('of which nobody has told has what was found attached to it like any other', () => {
    const log = aLog();
    const found = show(log.adopted('h1', 'vm1', [a]), log.orphaned('h1', 'vm1', [a], 'r', true));
    expect(found).toMatchObject({ state: 'unknown', reservation: { adopted: true, state: 'held' } });
    expect(found?.reservation).not.toHaveProperty('orphaned');
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

describe('a VM that moves with its devices', () => {
  const moving = () => {
    const log = aLog();
    const move = aMove(log, 'm1', 'vm1');
    const before = [log.reserved('h1', 'vm1', [a], 'r1'), move.requested(), log.reserved('h2', 'vm1', [elsewhere], 'r2', 'm1')];
    return { log, move, before };
  };

  it('shows what it holds on its source, and the move, until that is settled', () => {
    const { move, before } = moving();
    expect(show(...before)).toMatchObject({
      reservation: { reservationId: 'r1', hostId: 'h1' },
      devices: [{ address: a.address }],
      migrationId: 'm1',
    });
    expect(show(...before, move.ready(), move.migrated())).toMatchObject({ reservation: { hostId: 'h1' }, migrationId: 'm1' });
  });

  it('shows what it holds on its target when the source is let go, at once or on its way', () => {
    const { log, move, before } = moving();
    const released = show(...before, log.released('h1', 'vm1', [a]), move.completed([]));
    expect(released).toMatchObject({ reservation: { reservationId: 'r2', hostId: 'h2' }, devices: [{ address: elsewhere.address }] });
    expect(released).not.toHaveProperty('migrationId');
    const other = moving();
    expect(show(...other.before, other.log.pending('h1', 'vm1', [a]))?.reservation).toMatchObject({ reservationId: 'r2', state: 'held' });
  });

  it('shows what it holds on its source when the move is undone', () => {
    const { log, move, before } = moving();
    const back = show(...before, log.released('h2', 'vm1', [elsewhere]), move.rolledBack('MOVE_FAILED', []));
    expect(back?.reservation).toMatchObject({ reservationId: 'r1', hostId: 'h1' });
    expect(back).not.toHaveProperty('migrationId');
  });

  it('shows the host where it is, not one where something is held for its next move', () => {
    const { log, move, before } = moving();
    const next = aMove(log, 'm2', 'vm1', { sourceHostId: 'h2', targetHostId: 'h3' });
    const again = [...before, log.released('h1', 'vm1', [a]), move.completed([]), next.requested(), log.reserved('h3', 'vm1', [b], 'r3', 'm2')];
    expect(show(...again)).toMatchObject({ reservation: { reservationId: 'r2', hostId: 'h2' }, migrationId: 'm2' });
  });

  it('is in the same move still when a second one is refused meanwhile', () => {
    const { log, before } = moving();
    const second = aMove(log, 'm2', 'vm1');
    expect(show(...before, second.requested())?.migrationId).toBe('m1');
    expect(show(...before, second.requested(), second.rejected('MIGRATION_IN_PROGRESS'))?.migrationId).toBe('m1');
  });

  it.each(['rejected', 'failed', 'cancelled', 'resolved'] as const)('is in no move any more when it is %s', (end) => {
    const { move, before } = moving();
    const ends = {
      rejected: () => move.rejected('X'),
      failed: () => move.failed('X', 'h1', []),
      cancelled: () => move.cancelled([]),
      resolved: () => move.resolved('h1'),
    };
    const ended = [...before, ends[end]()];
    expect(show(...ended)).not.toHaveProperty('migrationId');
    expect(show(...ended, move.retried())?.migrationId).toBe('m1');
  });

  it('is not known by a move alone, which may name a VM that is not there', () => {
    expect(show(aMove(aLog(), 'm1', 'vm1').requested())).toBeUndefined();
  });
});
