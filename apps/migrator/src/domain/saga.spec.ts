import { describe, expect, it } from '@jest/globals';
import type { DeviceMove } from '@vfleet/contracts';
import { NOW, after, attached, course, detached, failed, move, names, planned, seen, settled, start, type Course } from '../testing/given.js';
import { intentsOf } from './intents.js';
import { NOT_HELD, isOpen } from './saga.js';
import { MAX_STRAY_UNPLUGS } from './stray.js';

const intents = ({ saga }: Course): readonly string[] =>
  intentsOf(saga).map((one) =>
    one.type === 'Send' ? `${one.command.verb} at ${one.command.hostId}` : one.type === 'Settle' ? `settle at ${one.at}` : one.type,
  );
const replacedBy = (device: DeviceMove | null) =>
  ({ type: 'Replaced', requestName: '10GE-2', previousDeviceId: move(2).target?.deviceId ?? '', device }) as const;
const data = (one: Course, type: string): object => (one.events.find((event) => event.type === type)?.data ?? {}) as object;

describe('a VM that moves with its device', () => {
  const moving = [start, planned(), detached(1)];

  it('is planned first: what is held is written down, and the unplugging before it is ordered', () => {
    expect(intents(course(start))).toEqual(['Plan']);
    const reserved = course(start, planned());
    expect(names(reserved.last)).toEqual(['TargetReserved', 'HostdevUnplugRequested']);
    expect(intents(reserved)).toEqual(['detach at h1']);
  });

  it('may be moved by its platform once its devices are off', () => {
    const ready = course(...moving);
    expect(names(ready.last)).toEqual(['HostdevUnplugged', 'VmMigrationReady']);
    expect(intents(ready)).toEqual(['AskPlatform']);
  });

  it('gets its device on the target when it runs there, with MAC, VLAN and place in the guest', () => {
    const arrived = course(start, planned([move(1, { mac: '52:54:00:00:00:01', vlan: 7 })]), detached(1), seen('h2'));
    expect(names(arrived.last)).toEqual(['VmMigrated', 'HostdevPlugRequested']);
    expect(data(arrived, 'HostdevPlugRequested')).toMatchObject({ hostId: 'h2', mac: '52:54:00:00:00:01', vlan: 7, guestAddress: '0000:05:00.0' });
    expect(intents(arrived)).toEqual(['attach at h2']);
  });

  it('is complete when its device is plugged and the source is released, and says how long it was without', () => {
    const done = course(start, planned(), detached(1, after(1)), seen('h2'), attached(2, after(3.5)), settled('target'));
    expect(names(done.last)).toEqual(['SourceReleased', 'MigrationCompleted']);
    expect(data(done, 'MigrationCompleted')).toMatchObject({ interruptionMs: 2_500, devices: [{ where: 'target' }] });
    expect(intents(done)).toEqual([]);
  });

  it('waits for every one of several devices', () => {
    const two = [start, planned([move(1), move(2)])];
    expect(names(course(...two, detached(2)).last)).toEqual(['HostdevUnplugged']);
    const plugging = [...two, detached(2), detached(1), seen('h2')];
    expect(intents(course(...plugging, attached(3)))).toEqual(['attach at h2']);
    expect(intents(course(...plugging, attached(3), attached(4)))).toEqual(['settle at target']);
  });

  it('hears everything twice without harm', () => {
    const twice = [start, planned(), detached(1), seen('h2'), attached(2), settled('target')].flatMap((one) => [one, one]);
    expect(names(course(...twice).events)).toEqual(names(course(start, planned(), detached(1), seen('h2'), attached(2), settled('target')).events));
  });

  it('keeps what stays attached, and leaves what has no match where that is allowed', () => {
    const live = course(start, planned([move(1, { mode: 'live' })]));
    expect(names(live.last)).toEqual(['TargetReserved', 'VmMigrationReady']);
    const out = course(start, planned([move(1, { mode: 'live' }), move(2)]), detached(1), seen('h2'), failed(2), replacedBy(null));
    expect(data(out, 'MigrationFailed')).toMatchObject({ devices: [{ where: 'target' }, { where: 'lost' }] });
    const left = course(start, planned([move(1, { mode: 'detach', target: null })]), detached(1), seen('h2'), settled('target'));
    expect(data(left, 'MigrationCompleted')).toMatchObject({ devices: [{ where: 'left' }] });
  });

  it('that does not run only changes what it holds', () => {
    const cold = course(start, planned([move(1, { mode: 'cold' })]));
    expect([names(cold.last), intents(cold)]).toEqual([['TargetReserved'], ['settle at target']]);
    expect(names(course(start, planned([move(1, { mode: 'cold' })]), settled('target')).last)).toEqual(['SourceReleased', 'MigrationCompleted']);
  });
});

describe('a move that may not be', () => {
  it('is rejected with the first thing that stands in its way, and the policy that decided', () => {
    const blockers = [{ code: 'MIGRATION_FORBIDDEN', message: 'forbidden', policy: 'request' }];
    const rejected = course(start, planned([], { blockers, held: false }));
    expect(data(rejected, 'MigrationRejected')).toMatchObject({ code: 'MIGRATION_FORBIDDEN', policy: 'request' });
    expect(intents(rejected)).toEqual([]);
  });
});

describe('a move that fails before the VM is on the target', () => {
  /** Its agent has said too late that the device is off: the end has come before. */
  const late = [start, planned(), failed(1, 'TIMEOUT'), settled('source'), detached(1, after(40))];

  it.each([
    ['the guest refuses to let go of the device', [start, planned([move(1), move(2)]), detached(1), failed(2)], ['attach at h1']],
    [
      'the platform says that the move failed',
      [start, planned(), detached(1), { type: 'MoveFailed', message: 'no route' } as const],
      ['attach at h1'],
    ],
    ['the VM still runs at the source', [start, planned(), detached(1), seen('h1')], ['attach at h1']],
    ['the platform is too slow', [start, planned(), detached(1), { type: 'TimePassed', now: after(601) } as const], ['attach at h1']],
    ['an operator cancels it', [start, planned(), detached(1), { type: 'Cancel' } as const], ['attach at h1']],
  ])('gives the device back because %s', (_, told, expected) => {
    expect(intents(course(...told))).toEqual(expected);
  });

  it('ends rolled back when the device is at the source again and the target is released', () => {
    const back = [start, planned(), detached(1), seen('h1'), attached(2)];
    expect(intents(course(...back))).toEqual(['settle at source']);
    expect(data(course(...back, settled('source')), 'MigrationRolledBack')).toMatchObject({ code: 'MOVE_FAILED', devices: [{ where: 'source' }] });
  });

  it('ends cancelled when an operator wanted it', () => {
    const cancelled = course(start, planned(), detached(1), { type: 'Cancel' }, attached(2), settled('source'));
    expect(names(cancelled.last)).toEqual(['MigrationCancelled']);
    expect(cancelled.saga).toMatchObject({ state: 'cancelled', code: 'CANCELLED' });
  });

  it('is not decided by what was reported before the platform was told to move', () => {
    expect(names(course(start, planned(), detached(1, after(10)), seen('h1', 'running', after(9))).last)).toEqual([]);
  });

  it('needs an operator when the device cannot be plugged back, and frees nothing', () => {
    const stuck = course(start, planned(), detached(1), seen('h1'), failed(2), failed(3), failed(4));
    expect(data(stuck, 'MigrationFailed')).toMatchObject({ runsOn: 'h1', devices: [{ where: 'unplugged' }] });
    expect(intents(stuck)).toEqual([]);
  });

  it('needs an operator also when its unplugging was told after the end and cannot be undone', () => {
    const stuck = course(...late, failed(2), failed(3), failed(4));
    expect(data(stuck, 'MigrationFailed')).toMatchObject({ code: 'REPLUG_FAILED', devices: [{ where: 'unplugged' }] });
  });

  it('has nothing plugged back late that something newer sees to, or that it does not run with any more', () => {
    const left = course(...late, failed(2, NOT_HELD));
    expect([names(left.last), intents(left)]).toEqual([['HostdevCommandFailed'], []]);
  });

  it('stays where it is when its hypervisor knows that it cannot be moved, with its device plugged back', () => {
    const blocked = course(start, planned(), detached(1, NOW, ['State blocked by non-migratable device']));
    expect(data(blocked, 'MigrationRollingBack')).toMatchObject({ code: 'MIGRATION_BLOCKED', message: 'State blocked by non-migratable device' });
    expect(intents(blocked)).toEqual(['attach at h1']);
    expect(names(blocked.events)).not.toContain('VmMigrationReady');
  });

  it('may be moved when the last of its devices held it, and that is off', () => {
    const two = course(start, planned([move(1), move(2)]), detached(1, NOW, ['0000:28:00.2 is in the way']), detached(2));
    expect(names(two.last)).toEqual(['HostdevUnplugged', 'VmMigrationReady']);
  });

  it('is tried again when an operator says so', () => {
    const again = course(start, planned(), detached(1), seen('h1'), failed(2), failed(3), failed(4), { type: 'Retry' });
    expect(intents(again)).toEqual(['attach at h1']);
    expect(intents(course(start, planned(), detached(1), seen('h1'), failed(2), failed(3), failed(4), { type: 'Retry' }, attached(5)))).toEqual([
      'settle at source',
    ]);
  });

  it('is over when an operator settles it where the VM runs, with the device off', () => {
    const resolved = course(start, planned(), detached(1), seen('h1'), failed(2), failed(3), failed(4), { type: 'Resolved', hostId: 'h1' });
    expect([names(resolved.last), resolved.saga.state]).toEqual([['MigrationResolved'], 'rolledBack']);
  });

  it('goes forward after all when the VM turns up on the target before it is settled', () => {
    const both = course(start, planned(), detached(1), seen('h1'), seen('h2'));
    expect(intents(both)).toContain('attach at h2');
  });

  it('has nothing to plug back for a VM that has ended', () => {
    const ended = course(start, planned(), detached(1), seen('h1', 'crashed'));
    expect(intents(ended)).toEqual(['settle at source']);
    expect(intents(course(start, planned(), detached(1), seen('h2'), seen('h2', 'crashed')))).toEqual(['settle at source']);
    expect(data(course(start, planned(), detached(1), seen('h1', 'crashed'), settled('source')), 'MigrationRolledBack')).toMatchObject({
      code: 'VM_ENDED',
    });
  });
});

describe('a VM that has ended, and may run again', () => {
  it('has nothing unplugged before the move has ended, when it can be asked what its next run holds', () => {
    const ordered = [start, planned(), seen('h1', 'crashed')];
    expect(intents(course(...ordered))).toEqual(['settle at source']);
    expect(intents(course(...ordered, settled('source')))).toEqual(['detach at h1']);
    const stray = [start, planned(), detached(1), seen('h1'), seen('h1', 'crashed'), attached(2)];
    expect(names(course(...stray).last)).toEqual(['HostdevPlugged', 'HostdevUnplugRequested']);
    expect(intents(course(...stray))).toEqual(['settle at source']);
    expect(intents(course(...stray, settled('source')))).toEqual(['detach at h1']);
  });
});

describe('an unplugging that its agent never answers', () => {
  const silence = (seconds: number) => ({ type: 'TimePassed', now: after(seconds) }) as const;
  const unanswered = [start, planned(), silence(32)];
  /** Neither that nor any of the orders to plug, of which each is given 31 seconds. */
  const mute = [...unanswered, silence(64), silence(96), silence(128)];
  const places = ({ saga }: Course): readonly string[] => saga.devices.map(({ where }) => where);

  it('has its device plugged at the source, for it may have been carried out, and the move rolled back when that is answered', () => {
    const unsure = course(...unanswered);
    expect(names(unsure.last)).toEqual(['HostdevCommandFailed', 'MigrationRollingBack', 'HostdevPlugRequested']);
    expect([places(unsure), intents(unsure)]).toEqual([['unknown'], ['attach at h1']]);
    expect(intents(course(...unanswered, attached(2)))).toEqual(['settle at source']);
    const back = course(...unanswered, attached(2), settled('source'));
    expect(data(back, 'MigrationRolledBack')).toMatchObject({ code: 'TIMEOUT', devices: [{ where: 'source' }] });
  });

  it('has its device plugged with the MAC, the VLAN and in the place that it had', () => {
    const kept = { mac: '52:54:00:00:00:01', vlan: 7, guestAddress: '0000:05:00.0' };
    expect(data(course(start, planned([move(1, kept)]), silence(32)), 'HostdevPlugRequested')).toMatchObject({ hostId: 'h1', ...kept });
  });

  it('is not rolled back while another device is being unplugged still', () => {
    const two = [start, planned([move(1), move(2)]), failed(2)];
    expect(intents(course(...two))).toEqual([]);
    expect(intents(course(...two, silence(32)))).toEqual(['attach at h1']);
    expect(intents(course(...two, silence(32), attached(3)))).toEqual(['settle at source']);
  });

  it('has its device plugged once more when it is told meanwhile: what is said of the order before may be from before', () => {
    const told = course(...unanswered, detached(1, after(33)));
    expect([names(told.last), intents(told)]).toEqual([['HostdevCommandFailed', 'HostdevUnplugged', 'HostdevPlugRequested'], ['attach at h1']]);
    expect(told.last[0]?.data).toMatchObject({ commandId: 'm1-2', code: 'OVERTAKEN' });
    expect(intents(course(...unanswered, detached(1, after(33)), attached(2)))).toEqual(['attach at h1']);
    expect(intents(course(...unanswered, detached(1, after(33)), attached(2), attached(3)))).toEqual(['settle at source']);
    expect(intents(course(...unanswered, silence(64), detached(1, after(65)), attached(2), attached(3)))).toEqual(['attach at h1']);
  });

  it('is undone when the guest lets go after all, be it that the move has ended, as often as it takes', () => {
    const late = course(...unanswered, attached(2), settled('source'), detached(1, after(40)));
    expect([names(late.last), intents(late)]).toEqual([['HostdevUnplugged', 'HostdevPlugRequested'], ['attach at h1']]);
    const stubborn = course(...unanswered, silence(64), attached(3), settled('source'), detached(1, after(70)), failed(4), failed(5));
    expect(intents(stubborn)).toEqual(['attach at h1']);
  });

  it('is the same when an operator has cancelled the move', () => {
    const cancelled = [start, planned(), { type: 'Cancel' } as const, silence(32)];
    expect(intents(course(...cancelled))).toEqual(['attach at h1']);
    expect(names(course(...cancelled, attached(2), settled('source')).last)).toEqual(['MigrationCancelled']);
  });

  it('has nothing plugged for a VM that has ended', () => {
    expect(intents(course(...unanswered, seen('h1', 'crashed')))).toEqual(['settle at source']);
  });

  it('does not keep a VM that turns up on the target from getting its device there', () => {
    const moved = [...unanswered, seen('h2')];
    expect(intents(course(...moved))).toEqual(['attach at h2']);
    expect(intents(course(...moved, attached(3), attached(2)))).toEqual(['detach at h1']);
  });

  it('needs an operator when its agent stays silent: it ends, and says that it does not know where the device is', () => {
    expect(intents(course(...unanswered, silence(64), silence(96)))).toEqual(['attach at h1']);
    const stuck = course(...mute);
    expect(data(stuck, 'MigrationFailed')).toMatchObject({ code: 'NO_ANSWER', runsOn: 'h1', devices: [{ where: 'unknown' }] });
    expect([intents(stuck), isOpen(stuck.saga)]).toEqual([[], false]);
  });

  it('needs an operator who knows that the device is off when its agent says that it cannot plug it', () => {
    const off = course(...unanswered, failed(2), silence(64), failed(4, 'DRIVER_ERROR'));
    expect(data(off, 'MigrationFailed')).toMatchObject({ code: 'REPLUG_FAILED', devices: [{ where: 'unplugged' }] });
  });

  it('is acted upon when its agent speaks after that, and the move is settled when an operator has it tried again', () => {
    const heard = course(...mute, detached(1, after(200)));
    expect([names(heard.last), intents(heard)]).toEqual([['HostdevUnplugged', 'HostdevPlugRequested'], ['attach at h1']]);
    expect(places(course(...mute, attached(3, after(200))))).toEqual(['source']);
    expect(intents(course(...mute, detached(1, after(200)), attached(5), { type: 'Retry' }))).toEqual(['settle at source']);
    expect(intents(course(...mute, { type: 'Retry' }))).toEqual(['attach at h1']);
  });

  it('is left as it is when its agent speaks, and then cannot plug the device', () => {
    const told = [...mute, detached(1, after(200)), failed(5), failed(6), failed(7)];
    expect([names(course(...told).last), intents(course(...told)), isOpen(course(...told).saga)]).toEqual([['HostdevCommandFailed'], [], false]);
  });

  it('is settled by hand for good', () => {
    const resolved = course(...mute, { type: 'Resolved', hostId: 'h1' });
    expect([names(resolved.last), intents(resolved)]).toEqual([['MigrationResolved'], []]);
    expect(intents(course(...mute, { type: 'Resolved', hostId: 'h1' }, detached(1, after(200))))).toEqual(['attach at h1']);
  });
});

describe('a VM that is somewhere else than was expected', () => {
  it('has nothing plugged at the source any more once it is on the target, be it that nobody unplugged it', () => {
    const early = course(start, planned(), seen('h2'));
    expect(intents(early)).toEqual(['detach at h1', 'attach at h2']);
    expect(intents(course(start, planned(), seen('h2'), detached(1)))).toEqual(['attach at h2']);
  });

  it('keeps what serves on the target when the source tells late that it is unplugged', () => {
    const late = course(start, planned(), seen('h2'), attached(2), detached(1), settled('target'));
    expect(data(late, 'MigrationCompleted')).toMatchObject({ devices: [{ where: 'target' }] });
  });

  it('goes forward, and what was plugged back at the source meanwhile is taken off there', () => {
    const both = [start, planned(), detached(1), seen('h1'), seen('h2')];
    expect(intents(course(...both))).toEqual(['attach at h2']);
    expect(intents(course(...both, attached(3)))).toEqual([]);
    expect(intents(course(...both, attached(3), attached(2)))).toEqual(['detach at h1']);
    expect(intents(course(...both, attached(3), attached(2), detached(4)))).toEqual(['settle at target']);
  });

  it('is left without what was plugged behind it, also when that is refused at first, or nobody tells whether it was plugged', () => {
    const both = [start, planned(), detached(1), seen('h1'), seen('h2'), attached(3)];
    const refused = course(...both, attached(2), failed(4));
    expect([names(refused.last), intents(refused)]).toEqual([['HostdevCommandFailed', 'HostdevUnplugRequested'], ['detach at h1']]);
    expect(intents(course(...both, attached(2), failed(4), detached(5)))).toEqual(['settle at target']);
    const untold = course(...both, { type: 'TimePassed', now: after(32) });
    expect([names(untold.last), intents(untold)]).toEqual([['HostdevCommandFailed', 'HostdevUnplugRequested'], ['detach at h1']]);
  });

  it('has what is not let go there left to its host in the end', () => {
    const both = [start, planned(), detached(1), seen('h1'), seen('h2'), attached(3), attached(2)];
    const refused = Array.from({ length: MAX_STRAY_UNPLUGS }, (_, n) => failed(4 + n));
    expect(intents(course(...both, ...refused.slice(1)))).toEqual(['detach at h1']);
    expect(intents(course(...both, ...refused))).toEqual(['settle at target']);
    expect(names(course(...both, ...refused, settled('target')).last)).toEqual(['SourceReleased', 'MigrationCompleted']);
  });

  it('needs an operator when its devices are at the source again, for the target may have been released', () => {
    const late = [start, planned(), failed(1, 'TIMEOUT'), detached(1, after(33))];
    expect(data(course(...late, seen('h2')), 'MigrationFailed')).toMatchObject({ code: 'VM_MOVED', devices: [{ where: 'unplugged' }] });
    const apart = course(start, planned(), detached(1), seen('h1'), attached(2), seen('h2'));
    expect(data(apart, 'MigrationFailed')).toMatchObject({ code: 'VM_MOVED', runsOn: 'h2', devices: [{ where: 'source' }] });
  });
});

describe('a device that cannot be plugged on the target', () => {
  const arrived = [start, planned(), detached(1), seen('h2')];
  const other = { ...move(1), target: { deviceId: 'ffffffffffffffffffff', address: '0000:41:00.7' } };
  const replaced = (device: DeviceMove | null, previousDeviceId = move(1).target?.deviceId ?? '') =>
    ({ type: 'Replaced', requestName: '10GE-1', previousDeviceId, device }) as const;

  it('is replaced by another one that matches', () => {
    expect(intents(course(...arrived, failed(2, 'DEVICE_BUSY')))).toEqual(['Replace']);
    const next = course(...arrived, failed(2, 'DEVICE_BUSY'), replaced(other));
    expect(names(next.last)).toEqual(['TargetReplaced', 'HostdevPlugRequested']);
    expect(intents(next)).toEqual(['attach at h2']);
    expect(intents(course(...arrived, failed(2, 'DEVICE_BUSY'), replaced(other), attached(3)))).toEqual(['settle at target']);
  });

  it('has no other one taken in its place while nobody says whether it was plugged', () => {
    const silent = [...arrived, { type: 'TimePassed', now: after(32) } as const];
    expect(data(course(...silent), 'MigrationFailed')).toMatchObject({ code: 'NO_ANSWER', runsOn: 'h2', devices: [{ where: 'unplugged' }] });
    expect(intents(course(...silent))).toEqual([]);
    expect(intents(course(...silent, attached(2), { type: 'Retry' }))).toEqual(['settle at target']);
  });

  it('serves when it was plugged twice, by two orders', () => {
    const again = course(...arrived, { type: 'TimePassed', now: after(32) }, { type: 'Retry' }, attached(2), attached(3));
    expect(intents(again)).toEqual(['settle at target']);
  });

  it('needs an operator when there is none left: the VM runs on, every device is accounted for', () => {
    const out = course(...arrived, failed(2, 'DEVICE_BUSY'), replaced(null));
    expect(data(out, 'MigrationFailed')).toMatchObject({ runsOn: 'h2', devices: [{ where: 'lost' }] });
    expect(intents(out)).toEqual([]);
  });

  it('is tried again when an operator says so, and is settled where the operator says', () => {
    const out = [...arrived, failed(2, 'DEVICE_BUSY'), replaced(null)];
    // The allocator may hold another one by now: its answer to the last question may have been lost.
    expect(intents(course(...out, { type: 'Retry' }))).toEqual(['Replace']);
    expect(intents(course(...out, { type: 'Retry' }, replaced(move(1))))).toEqual(['attach at h2']);
    expect(names(course(...out, { type: 'Retry' }, replaced(other), replaced(other)).last)).toEqual([]);
    expect(names(course(...out, { type: 'Retry' }, replaced(null)).last)).toEqual(['TargetReplaced', 'MigrationFailed']);
    expect(course(...out, { type: 'Resolved', hostId: 'h2' }).saga.state).toBe('completed');
  });

  it('that is plugged after it was given up is taken off again', () => {
    const late = course(...arrived, failed(2, 'TIMEOUT'), replaced(other), attached(2), attached(3));
    expect(names(late.events)).toContain('HostdevUnplugRequested');
    expect(intents(late)).toEqual(['detach at h2']);
  });

  it('that is plugged after another one was asked for is taken off, and the other one plugged', () => {
    const late = [...arrived, failed(2, 'TIMEOUT'), attached(2)];
    expect(intents(course(...late))).toEqual(['detach at h2', 'Replace']);
    expect(intents(course(...late, replaced(other), detached(3), attached(4)))).toEqual(['settle at target']);
  });

  it('that is held again while it is taken off is plugged once it is off, or could not be taken off', () => {
    const told = [...arrived, failed(2, 'TIMEOUT'), attached(2), replaced(other), failed(4), replaced(move(1), other.target.deviceId)];
    expect(intents(course(...told))).toEqual(['detach at h2']);
    for (const answer of [detached(3), failed(3)]) expect(intents(course(...told, answer))).toEqual(['attach at h2']);
  });

  it('does not keep the others from being plugged', () => {
    const two = course(start, planned([move(1), move(2)]), detached(1), detached(2), seen('h2'), failed(3), replaced(null));
    expect(intents(two)).toEqual(['attach at h2']);
    expect(
      names(course(start, planned([move(1), move(2)]), detached(1), detached(2), seen('h2'), failed(3), replaced(null), attached(4)).last),
    ).toEqual(['HostdevPlugged', 'MigrationFailed']);
  });
});

describe('cancelling', () => {
  it('waits for the unplugging that is under way, so that its device is plugged back before the end', () => {
    const told = [start, planned(), { type: 'Cancel' } as const];
    expect(intents(course(...told))).toEqual([]);
    expect(intents(course(...told, detached(1)))).toEqual(['attach at h1']);
    expect(intents(course(...told, failed(1)))).toEqual(['settle at source']);
  });

  it('is not possible for a VM that does not run once its devices are held', () => {
    const cold = course(start, planned([move(1, { mode: 'cold' })]), { type: 'Cancel' });
    expect([names(cold.last), intents(cold)]).toEqual([[], ['settle at target']]);
  });

  it('comes too late once the VM is on the target', () => {
    expect(names(course(start, planned(), detached(1), seen('h2'), { type: 'Cancel' }).last)).toEqual([]);
  });
});
