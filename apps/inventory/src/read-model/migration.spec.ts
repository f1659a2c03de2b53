import { describe, expect, it } from '@jest/globals';
import type { Migration, MigrationDevice } from '@vfleet/contracts';
import { aLog, at, observation } from '../../spec/events.js';
import { aDeviceMove, aMove } from '../../spec/moves.js';
import type { MigrationEvent } from './known-event.js';
import { applyToMigration, showMigration, type MigrationRow } from './migration.js';

const source = observation('h1', '0000:28:00.1');
const gpu = observation('h1', '0000:3b:00.0');
const [target, other] = [observation('h2', '0000:65:00.3'), observation('h2', '0000:65:00.4')];
const nic = aDeviceMove(source, target);
const without = aDeviceMove(gpu, null, { requestName: 'gpu-0' });

const show = (...events: readonly MigrationEvent[]): Migration => {
  const row = events.reduce<MigrationRow | null>(applyToMigration, null);
  if (!row) throw new Error('there is no such migration');
  return showMigration(row);
};
const where = ({ devices }: Migration): readonly string[] => devices.map((device) => device.where);
const left = (place: MigrationDevice['where'], move = nic): MigrationDevice => ({ ...move, where: place });

/** A move up to the moment in which the VM is on the target. */
const moved = () => {
  const move = aMove(aLog(), 'm1', 'vm1');
  const before = [move.requested(), move.reserved(nic), move.unplugRequested(source), move.unplugged(source), move.ready(), move.migrated()] as const;
  return { move, before };
};

describe('a move that goes well', () => {
  it('goes through its states, each with where the device is', () => {
    const { move, before } = moved();
    const after = [move.plugRequested(target), move.plugged(target), move.released(), move.completed([left('target')])];
    const events = [...before, ...after];
    const told = events.map((_, index) => show(...events.slice(0, index + 1)));
    expect(told.map((one) => [one.state, ...where(one)])).toEqual([
      ['requested'],
      ['reserved', 'source'],
      ['unplugging', 'source'],
      ['unplugging', 'unplugged'],
      ['moving', 'unplugged'],
      ['moved', 'unplugged'],
      ['plugging', 'unplugged'],
      ['releasing', 'target'],
      ['releasing', 'target'],
      ['completed', 'target'],
    ]);
  });

  it('tells from where to where, which devices, when it began and ended, and how long the VM went without', () => {
    const { move, before } = moved();
    expect(show(...before)).toMatchObject({ startedAt: at(1), finishedAt: null, interruptionMs: null });
    const done = show(...before, move.plugRequested(target), move.plugged(target), move.completed([left('target')], 3_100.5));
    expect(done).toMatchObject({
      migrationId: 'm1',
      vmId: 'vm1',
      sourceHostId: 'h1',
      targetHostId: 'h2',
      devices: [{ requestName: '10GE-0', source: { address: source.address }, target: { address: target.address }, policy: 'default' }],
      startedAt: at(1),
      finishedAt: at(9),
      interruptionMs: 3_100.5,
    });
    expect(done).not.toHaveProperty('code');
    expect(done).not.toHaveProperty('position');
  });

  it('lists its steps, each with its time, how long after the one before, its host and its device', () => {
    const { before } = moved();
    expect(show(...before).steps).toEqual([
      { step: 'MigrationRequested', at: at(1), sinceMs: 0, hostId: 'h2' },
      { step: 'TargetReserved', at: at(2), sinceMs: 1_000, hostId: 'h2' },
      { step: 'HostdevUnplugRequested', at: at(3), sinceMs: 1_000, hostId: 'h1', deviceId: source.deviceId },
      { step: 'HostdevUnplugged', at: at(4), sinceMs: 1_000, hostId: 'h1', deviceId: source.deviceId },
      { step: 'VmMigrationReady', at: at(5), sinceMs: 1_000, hostId: 'h2' },
      { step: 'VmMigrated', at: at(6), sinceMs: 1_000, hostId: 'h2' },
    ]);
  });

  it('never lasts less than no time, though the clock is set back', () => {
    const move = aMove(aLog(), 'm1', 'vm1');
    const later = move.requested();
    expect(show({ ...later, recordedAt: at(9) }, move.reserved(nic)).steps[1]?.sinceMs).toBe(0);
  });

  it('is releasing only when the last device is plugged', () => {
    const move = aMove(aLog(), 'm1', 'vm1');
    const second = aDeviceMove(gpu, other, { requestName: 'gpu-0' });
    const before = [move.requested(), move.reserved(nic, second), move.unplugged(source), move.unplugged(gpu), move.ready(), move.migrated()];
    const plugging = [...before, move.plugRequested(target), move.plugRequested(other), move.plugged(other)];
    expect([show(...plugging).state, where(show(...plugging))]).toEqual(['plugging', ['unplugged', 'target']]);
    expect(show(...plugging, move.plugged(target)).state).toBe('releasing');
  });

  it('takes along what stays attached, and leaves behind what has no place on the target', () => {
    const move = aMove(aLog(), 'm1', 'vm1');
    const live = aDeviceMove(source, target, { mode: 'live' });
    const on = show(move.requested(), move.reserved(live, without), move.unplugged(gpu), move.ready(), move.migrated());
    expect(where(on)).toEqual(['target', 'left']);
  });
});

describe('a move that is refused', () => {
  it('has ended, and says why', () => {
    const move = aMove(aLog(), 'm1', 'vm1');
    const refused = show(move.requested(), move.rejected('MIGRATION_FORBIDDEN', { sourceHostId: 'h1' }));
    expect(refused).toMatchObject({ state: 'rejected', sourceHostId: 'h1', targetHostId: 'h2', finishedAt: at(2), code: 'MIGRATION_FORBIDDEN' });
    expect(refused.steps[1]).toMatchObject({ step: 'MigrationRejected', code: 'MIGRATION_FORBIDDEN', message: 'refused: MIGRATION_FORBIDDEN' });
  });

  it('is known also where nothing else was told of it', () => {
    const refused = show(aMove(aLog(), 'm1', 'vm1').rejected('VM_UNKNOWN'));
    expect(refused).toMatchObject({ state: 'rejected', sourceHostId: null, targetHostId: null, devices: [], startedAt: at(1), finishedAt: at(1) });
  });
});

describe('a move that is undone', () => {
  it('stays in rolling back while its devices are plugged again, and tells how long they were off', () => {
    const move = aMove(aLog(), 'm1', 'vm1');
    const back = [
      move.requested(),
      move.reserved(nic),
      move.unplugRequested(source),
      move.unplugged(source),
      move.ready(),
      move.rollingBack('MOVE_FAILED'),
      move.plugRequested(source, 'h1'),
      move.plugged(source, 'h1'),
    ];
    expect(show(...back)).toMatchObject({ state: 'rollingBack', code: 'MOVE_FAILED', devices: [{ where: 'source' }], finishedAt: null });
    const ended = show(...back, move.rolledBack('MOVE_FAILED', [left('source')]));
    expect(ended).toMatchObject({ state: 'rolledBack', code: 'MOVE_FAILED', finishedAt: at(9), interruptionMs: 4_000 });
  });

  it('has interrupted nothing when nothing was unplugged', () => {
    const move = aMove(aLog(), 'm1', 'vm1');
    const before = [move.requested(), move.reserved(nic), move.unplugRequested(source), move.commandFailed(source, 'GUEST_REFUSED', 'h1')];
    const ended = show(...before, move.rollingBack('GUEST_REFUSED'), move.rolledBack('GUEST_REFUSED', [left('source')]));
    expect(ended).toMatchObject({ state: 'rolledBack', interruptionMs: null });
    expect(ended.steps[3]).toMatchObject({ step: 'HostdevCommandFailed', hostId: 'h1', code: 'GUEST_REFUSED' });
  });

  it('says of a device that nobody knows where it is as long as its agent does not answer', () => {
    const move = aMove(aLog(), 'm1', 'vm1');
    const silent = [move.requested(), move.reserved(nic), move.unplugRequested(source), move.commandFailed(source, 'NO_ANSWER', 'h1')];
    const back = [...silent, move.rollingBack('TIMEOUT'), move.plugRequested(source, 'h1')];
    expect(show(...back)).toMatchObject({ state: 'rollingBack', devices: [{ where: 'unknown' }] });
    const failed = (code: string) => show(...back, move.commandFailed(source, code, 'h1')).devices.map(({ where }) => where);
    expect([failed('NO_ANSWER'), failed('OVERTAKEN'), failed('DRIVER_ERROR')]).toEqual([['unknown'], ['unknown'], ['unplugged']]);
    expect(show(...back, move.plugged(source, 'h1'))).toMatchObject({ devices: [{ where: 'source' }] });
  });

  it('tells of no interruption that has an end while a device is off for good, for its VM has ended', () => {
    const move = aMove(aLog(), 'm1', 'vm1');
    const second = aDeviceMove(gpu, other, { requestName: 'gpu-0' });
    const off = [move.requested(), move.reserved(nic, second), move.unplugged(source), move.unplugged(gpu), move.rollingBack('VM_ENDED')];
    const ended = show(...off, move.plugged(source, 'h1'), move.rolledBack('VM_ENDED', [left('source'), left('unplugged', second)]));
    expect(ended).toMatchObject({ state: 'rolledBack', interruptionMs: null });
  });

  it('stays rolled back when an unplugging is told late and is undone', () => {
    const move = aMove(aLog(), 'm1', 'vm1');
    const ended = [
      move.requested(),
      move.reserved(nic),
      move.unplugRequested(source),
      move.rollingBack('TIMEOUT'),
      move.rolledBack('TIMEOUT', [left('source')]),
    ];
    const late = [...ended, move.unplugged(source)];
    expect(show(...late)).toMatchObject({ state: 'rolledBack', finishedAt: at(5), devices: [{ where: 'unplugged' }] });
    const undone = show(...late, move.plugRequested(source, 'h1'), move.plugged(source, 'h1'));
    expect(undone).toMatchObject({ state: 'rolledBack', finishedAt: at(5), devices: [{ where: 'source' }] });
  });

  it('is cancelled when somebody cancelled it', () => {
    const move = aMove(aLog(), 'm1', 'vm1');
    expect(show(move.requested(), move.reserved(nic), move.rollingBack('CANCELLED'), move.cancelled([left('source')]))).toMatchObject({
      state: 'cancelled',
      code: 'CANCELLED',
      finishedAt: at(4),
    });
  });
});

describe('a device that cannot be plugged on the target', () => {
  it('is replaced by another one, and its move goes on', () => {
    const { move, before } = moved();
    const tried = [...before, move.plugRequested(target), move.commandFailed(target, 'DEVICE_NOT_FOUND')];
    const again = [...tried, move.replaced(target, aDeviceMove(source, other))];
    expect(show(...again)).toMatchObject({ state: 'plugging', devices: [{ target: { deviceId: other.deviceId }, where: 'unplugged' }] });
    expect(show(...again).steps.at(-1)).toMatchObject({ step: 'TargetReplaced', hostId: 'h2', deviceId: target.deviceId });
    expect(where(show(...again, move.plugRequested(other), move.plugged(other)))).toEqual(['target']);
  });

  it('is lost when there is no other, and nothing else is changed by it', () => {
    const { move, before } = moved();
    expect(where(show(...before, move.replaced(target, null)))).toEqual(['lost']);
    expect(where(show(...before, move.replaced(other, null)))).toEqual(['unplugged']);
  });

  it('is not taken for plugged because a stray one on the target is unplugged', () => {
    const { move, before } = moved();
    const twice = [...before, move.replaced(target, aDeviceMove(source, other)), move.plugRequested(other), move.plugged(other)];
    const stray = show(...twice, move.unplugRequested(target, 'h2'), move.unplugged(target, 'h2'));
    expect([stray.state, where(stray)]).toEqual(['releasing', ['target']]);
  });
});

describe('a move that failed', () => {
  const failed = () => {
    const { move, before } = moved();
    return { move, events: [...before, move.plugRequested(target), move.failed('NO_MATCHING_DEVICE', 'h2', [left('lost')])] };
  };

  it('has ended, and says where each device is and where the VM runs', () => {
    const ended = show(...failed().events);
    expect(ended).toMatchObject({ state: 'failed', code: 'NO_MATCHING_DEVICE', finishedAt: at(8), devices: [{ where: 'lost' }] });
    expect(ended.steps.at(-1)).toMatchObject({ step: 'MigrationFailed', hostId: 'h2' });
  });

  it('has failed still when a device is told late to be plugged', () => {
    const { move, events } = failed();
    const late = show(...events, move.plugged(target));
    expect([late.state, where(late)]).toEqual(['failed', ['target']]);
  });

  it('goes on where it stood when it is tried again, and forgets why it failed when it is done', () => {
    const { move, events } = failed();
    const again = [...events, move.retried()];
    expect(show(...again)).toMatchObject({ state: 'plugging', finishedAt: null, devices: [{ where: 'unplugged' }] });
    const done = show(...again, move.plugRequested(target), move.plugged(target), move.completed([left('target')]));
    expect(done).toMatchObject({ state: 'completed', finishedAt: at(12) });
    expect(done).not.toHaveProperty('code');
    expect(done).not.toHaveProperty('message');
  });

  it('goes back when it is tried again before its VM has moved', () => {
    const move = aMove(aLog(), 'm1', 'vm1');
    const stuck = [
      move.requested(),
      move.reserved(nic),
      move.unplugged(source),
      move.rollingBack('TIMEOUT'),
      move.failed('REPLUG_FAILED', 'h1', [left('unplugged')]),
    ];
    expect(show(...stuck, move.retried())).toMatchObject({ state: 'rollingBack', finishedAt: null });
  });

  it('is completed or rolled back when an operator says where the VM is', () => {
    const { move, events } = failed();
    expect(show(...events, move.resolved('h2'))).toMatchObject({ state: 'completed', finishedAt: at(9), code: 'NO_MATCHING_DEVICE' });
    expect(show(...events, move.resolved('h1'))).toMatchObject({ state: 'rolledBack' });
  });
});

describe('what is told of a migration that nobody has heard the beginning of', () => {
  it('is passed over', () => {
    expect(applyToMigration(null, aMove(aLog(), 'm1', 'vm1').migrated())).toBeNull();
  });
});
