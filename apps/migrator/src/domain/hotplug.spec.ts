import { describe, expect, it } from '@jest/globals';
import { after } from '../testing/given.js';
import {
  attach,
  detach,
  found,
  heard,
  held,
  needs,
  operation,
  plugged,
  prepared,
  refused,
  type HotplugTold,
  type Operation,
} from '../testing/given-hotplug.js';
import { NOT_HELD } from './saga.js';
import { hotplugDueOf, isHotplugOpen } from './hotplug.js';

const names = (events: Operation['events']): readonly string[] => events.map(({ type }) => type);
const data = (one: Operation, type: string): object => (one.events.find((event) => event.type === type)?.data ?? {}) as object;
const givenBack: HotplugTold = { type: 'GivenBack' };
const late = (seconds: number): HotplugTold => ({ type: 'TimePassed', now: after(seconds) });
const seen = (state: 'stopped' | 'starting' | 'running' | 'paused', hostId = 'h1', receivedAt = after(1)): HotplugTold => ({
  type: 'VmSeen',
  state,
  hostId,
  receivedAt,
});
const where = (one: Operation): readonly string[] => one.hotplug.devices.map((device) => device.where);

describe('a running VM that is to get a device', () => {
  it('has it held before it is plugged, and the plugging written down before it is ordered', () => {
    expect(needs(operation(attach))).toEqual(['Prepare']);
    const begun = operation(attach, held(1));
    expect(names(begun.last)).toEqual(['HotplugStarted', 'HostdevPlugRequested']);
    expect(data(begun, 'HostdevPlugRequested')).toEqual({
      migrationId: 'o1',
      vmId: 'vm-1',
      commandId: 'o1-1',
      hostId: 'h1',
      deviceId: plugged(1, 'attached').deviceId,
      address: '0000:28:00.1',
      deadline: after(21),
    });
    expect(needs(begun)).toEqual(['attach 1']);
  });

  it('has it with its MAC and VLAN, also when it is plugged back', () => {
    const network = { mac: '52:54:00:00:00:01', vlan: 42 };
    expect(data(operation(attach, prepared([plugged(1, 'unplugged', network)])), 'HostdevPlugRequested')).toMatchObject(network);
    const back = operation(detach, prepared([plugged(1, 'attached', network), plugged(2, 'attached')]), heard(1, 'detached'), refused(2));
    expect(data(back, 'HostdevPlugRequested')).toMatchObject(network);
    expect([...back.hotplug.commands.values()].at(-1)).toMatchObject({ verb: 'attach', ...network });
  });

  it('has it when it is plugged', () => {
    const done = operation(attach, held(1), heard(1, 'attached'));
    expect(names(done.last)).toEqual(['HostdevPlugged', 'HotplugCompleted']);
    expect(data(done, 'HotplugCompleted')).toMatchObject({ verb: 'attach', hostId: 'h1', devices: [{ where: 'attached' }] });
    expect([needs(done), isHotplugOpen(done.hotplug)]).toEqual([[], false]);
  });

  it('has several when each of them is plugged', () => {
    expect(needs(operation(attach, held(1, 2), heard(2, 'attached')))).toEqual(['attach 1']);
    expect(names(operation(attach, held(1, 2), heard(2, 'attached'), heard(1, 'attached')).last)).toContain('HotplugCompleted');
  });

  it('is not given what it has in its IOMMU group already once more', () => {
    const one = operation(attach, prepared([plugged(1, 'attached'), plugged(2, 'unplugged')]));
    expect(needs(one)).toEqual(['attach 2']);
  });

  it('is refused when the allocator refuses, and nothing has changed', () => {
    const rejected = operation(attach, { type: 'Reject', code: 'UNSATISFIABLE', message: 'none is free' });
    expect(names(rejected.last)).toEqual(['HotplugRejected']);
    expect([rejected.hotplug.state, needs(rejected), isHotplugOpen(rejected.hotplug)]).toEqual(['rejected', [], false]);
  });

  it('hears everything twice without harm', () => {
    const told = [attach, held(1), heard(1, 'attached')];
    expect(names(operation(...told.flatMap((one) => [one, one])).events)).toEqual(names(operation(...told).events));
  });
});

describe('a device that cannot be plugged in', () => {
  it('is given back, and its code and place are told', () => {
    const undoing = operation(attach, held(1), refused(1));
    expect(names(undoing.last)).toEqual(['HostdevCommandFailed', 'HotplugUndoing']);
    expect(needs(undoing)).toEqual([`give back ${plugged(1, 'unplugged').deviceId}`]);
    const failed = operation(attach, held(1), refused(1), givenBack);
    expect(data(failed, 'HotplugFailed')).toMatchObject({ code: 'GUEST_REFUSED', devices: [{ address: '0000:28:00.1', where: 'unplugged' }] });
    expect(isHotplugOpen(failed.hotplug)).toBe(false);
  });

  it('has those that were plugged beside it unplugged again, once none is being plugged any more', () => {
    expect(needs(operation(attach, held(1, 2, 3), refused(1), heard(2, 'attached')))).toEqual(['attach 3']);
    const told = [attach, held(1, 2, 3), refused(1), heard(2, 'attached'), refused(3, 'DEVICE_BUSY')];
    expect(needs(operation(...told))).toEqual(['detach 2']);
    const ids = [1, 2, 3].map((n) => plugged(n, 'unplugged').deviceId).join(' and ');
    expect(needs(operation(...told, heard(4, 'detached')))).toEqual([`give back ${ids}`]);
    expect(data(operation(...told, heard(4, 'detached'), givenBack), 'HotplugFailed')).toMatchObject({ code: 'GUEST_REFUSED' });
  });

  it('keeps what cannot be unplugged again, and that is told', () => {
    const told = [attach, held(1, 2), refused(1), heard(2, 'attached'), refused(3)];
    expect(needs(operation(...told))).toEqual([`give back ${plugged(1, 'unplugged').deviceId}`]);
    expect(data(operation(...told, givenBack), 'HotplugFailed')).toMatchObject({ devices: [{ where: 'unplugged' }, { where: 'attached' }] });
  });

  it('keeps the device whose IOMMU group is still plugged', () => {
    const group = [plugged(1, 'unplugged', { requestName: 'gpu' }), plugged(2, 'unplugged', { requestName: 'gpu', affected: true })];
    const stuck = operation(attach, prepared(group), refused(1), heard(2, 'attached'), refused(3));
    expect([names(stuck.last), needs(stuck)]).toEqual([['HostdevCommandFailed', 'HotplugFailed'], []]);
  });

  it('leaves what was plugged before where it is', () => {
    const one = operation(attach, prepared([plugged(1, 'attached'), plugged(2, 'unplugged')]), refused(1));
    expect(needs(one)).toEqual([`give back ${[1, 2].map((n) => plugged(n, 'attached').deviceId).join(' and ')}`]);
  });
});

describe('an agent that says nothing', () => {
  it('has until the deadline, then what it was told to plug is unplugged again', () => {
    const waiting = operation(attach, held(1));
    expect(hotplugDueOf(waiting.hotplug)).toBe(after(21));
    expect(operation(attach, held(1), late(20)).last).toEqual([]);
    const over = operation(attach, held(1), late(21));
    expect(names(over.last)).toEqual(['HostdevCommandFailed', 'HotplugUndoing', 'HostdevUnplugRequested']);
    expect([where(over), needs(over)]).toEqual([['unknown'], ['detach 1']]);
  });

  it('leaves the device held when it does not unplug it either: nobody knows where it is', () => {
    const silent = operation(attach, held(1), late(21), late(52));
    expect(data(silent, 'HotplugFailed')).toMatchObject({ code: 'TIMEOUT', devices: [{ where: 'unknown' }] });
    expect([needs(silent), isHotplugOpen(silent.hotplug)]).toEqual([[], false]);
  });

  it('may have plugged it all the same: it is unplugged when that is told, after the end only if nobody holds it', () => {
    const undoing = operation(attach, held(1), late(21), heard(1, 'attached'));
    expect([where(undoing), needs(undoing)]).toEqual([['attached'], ['detach 1']]);
    const ended = operation(attach, held(1), late(21), heard(2, 'detached'), givenBack, heard(1, 'attached'));
    expect(names(ended.last)).toEqual(['HostdevPlugged', 'HostdevUnplugRequested']);
    expect([needs(ended), isHotplugOpen(ended.hotplug)]).toEqual([['perhaps detach 1'], true]);
  });
});

describe('a running VM that is to give a device back', () => {
  it('has it unplugged before it is given back', () => {
    expect(needs(operation(detach))).toEqual(['Prepare']);
    const begun = operation(detach, found(1));
    expect(names(begun.last)).toEqual(['HotplugStarted', 'HostdevUnplugRequested']);
    expect(data(begun, 'HostdevUnplugRequested')).toMatchObject({ commandId: 'o1-1', deadline: after(31) });
    const off = operation(detach, found(1), heard(1, 'detached'));
    expect(needs(off)).toEqual(['give back 10GE-1']);
    expect(names(operation(detach, found(1), heard(1, 'detached'), givenBack).last)).toEqual(['HotplugCompleted']);
  });

  it('has everything of the IOMMU group unplugged', () => {
    const group = [plugged(1, 'attached'), plugged(2, 'attached', { affected: true })];
    expect(needs(operation(detach, prepared(group)))).toEqual(['detach 1', 'detach 2']);
    expect(needs(operation(detach, prepared(group), heard(1, 'detached')))).toEqual(['detach 2']);
    expect(needs(operation(detach, prepared(group), heard(1, 'detached'), heard(2, 'detached')))).toEqual(['give back 10GE-1']);
  });

  it('keeps it when the guest refuses', () => {
    const failed = operation(detach, found(1), refused(1));
    expect(names(failed.last)).toEqual(['HostdevCommandFailed', 'HotplugUndoing', 'HotplugFailed']);
    expect(data(failed, 'HotplugFailed')).toMatchObject({ code: 'GUEST_REFUSED', devices: [{ where: 'attached' }] });
    expect(isHotplugOpen(failed.hotplug)).toBe(false);
  });

  it('gets what was unplugged back, in its old place, when the rest cannot be', () => {
    const undoing = operation(detach, found(1, 2), heard(1, 'detached'), refused(2));
    expect(needs(undoing)).toEqual(['attach 1']);
    expect(data(undoing, 'HostdevPlugRequested')).toMatchObject({ commandId: 'o1-3', guestAddress: '0000:05:00.0' });
    const back = operation(detach, found(1, 2), heard(1, 'detached'), refused(2), heard(3, 'attached'));
    expect(data(back, 'HotplugFailed')).toMatchObject({ devices: [{ where: 'attached' }, { where: 'attached' }] });
  });

  it('is told where a device is that cannot be plugged back', () => {
    const told = [detach, found(1, 2), heard(1, 'detached'), refused(2), refused(3, 'DRIVER_ERROR'), refused(4, 'DRIVER_ERROR')];
    expect(needs(operation(...told))).toEqual(['attach 1']);
    const stuck = operation(...told, refused(5, 'DRIVER_ERROR'));
    expect(data(stuck, 'HotplugFailed')).toMatchObject({ code: 'GUEST_REFUSED', devices: [{ where: 'unplugged' }, { where: 'attached' }] });
  });

  it('gets it plugged again when it is told late that it was unplugged, if it still holds it', () => {
    const ended = operation(detach, found(1), refused(1, 'TIMEOUT'), heard(1, 'detached'));
    expect(names(ended.events)).toContain('HotplugFailed');
    expect(names(ended.last)).toEqual(['HostdevUnplugged', 'HostdevPlugRequested']);
    expect(needs(ended)).toEqual(['perhaps attach 1']);
    expect(isHotplugOpen(operation(detach, found(1), refused(1, 'TIMEOUT'), heard(1, 'detached'), heard(2, 'attached')).hotplug)).toBe(false);
    const left = operation(detach, found(1), refused(1, 'TIMEOUT'), heard(1, 'detached'), refused(2, NOT_HELD));
    expect([needs(left), isHotplugOpen(left.hotplug)]).toEqual([[], false]);
  });

  it('keeps it when the allocator will not take it back', () => {
    const no: HotplugTold = { type: 'NotGivenBack', code: 'IOMMU_GROUP_IN_USE', message: 'goes along' };
    const undoing = operation(detach, found(1), heard(1, 'detached'), no);
    expect(needs(undoing)).toEqual(['attach 1']);
    const failed = operation(detach, found(1), heard(1, 'detached'), no, heard(2, 'attached'));
    expect(data(failed, 'HotplugFailed')).toMatchObject({ code: 'IOMMU_GROUP_IN_USE', devices: [{ where: 'attached' }] });
  });
});

describe('a device whose unplugging is never answered', () => {
  /** Neither that nor any of the orders to plug, of which each is given 21 seconds. */
  const mute = [detach, found(1), late(31), late(52), late(73), late(94)];

  it('is plugged, for it may be off, and still held when that is answered', () => {
    const unsure = operation(detach, found(1), late(31));
    expect(names(unsure.last)).toEqual(['HostdevCommandFailed', 'HotplugUndoing', 'HostdevPlugRequested']);
    expect([where(unsure), needs(unsure)]).toEqual([['unknown'], ['attach 1']]);
    const kept = operation(detach, found(1), late(31), heard(2, 'attached'));
    expect(data(kept, 'HotplugFailed')).toMatchObject({ code: 'TIMEOUT', devices: [{ where: 'attached' }] });
  });

  it('is still held, and told not to be known, when its agent stays silent', () => {
    expect(needs(operation(...mute.slice(0, -1)))).toEqual(['attach 1']);
    expect(data(operation(...mute), 'HotplugFailed')).toMatchObject({ code: 'TIMEOUT', devices: [{ where: 'unknown' }] });
    expect([needs(operation(...mute)), isHotplugOpen(operation(...mute).hotplug)]).toEqual([[], false]);
  });

  it('is plugged when its agent says after that that it is off', () => {
    expect(needs(operation(...mute, heard(1, 'detached', after(200))))).toEqual(['perhaps attach 1']);
    expect(where(operation(...mute, heard(1, 'detached', after(200)), heard(5, 'attached', after(201))))).toEqual(['attached']);
  });

  it('is plugged once more when its guest lets go meanwhile: what is said of the order before may be from before', () => {
    const told = [detach, found(1), late(31), heard(1, 'detached', after(32))];
    expect(names(operation(...told).last)).toEqual(['HostdevCommandFailed', 'HostdevUnplugged', 'HostdevPlugRequested']);
    expect(operation(...told).last[0]?.data).toMatchObject({ commandId: 'o1-2', code: 'OVERTAKEN' });
    expect(needs(operation(...told, heard(2, 'attached', after(33))))).toEqual(['attach 1']);
    const kept = operation(...told, heard(2, 'attached', after(33)), heard(3, 'attached', after(34)));
    expect(data(kept, 'HotplugFailed')).toMatchObject({ devices: [{ where: 'attached' }] });
  });

  it('is known to be off when its agent says that it cannot plug it', () => {
    const off = operation(detach, found(1), late(31), refused(2, 'DRIVER_ERROR'), late(52), refused(4, 'DRIVER_ERROR'));
    expect(data(off, 'HotplugFailed')).toMatchObject({ devices: [{ where: 'unplugged' }] });
  });
});

describe('a VM that does not run', () => {
  it('has a device attached by its reservation alone [cloudpods-16]', () => {
    const done = operation(attach, prepared([plugged(1, 'unplugged')], false));
    expect(names(done.last)).toEqual(['HotplugStarted', 'HotplugCompleted']);
  });

  it('gives one back without anything being unplugged [cloudpods-16]', () => {
    const begun = operation(detach, prepared([plugged(1, 'unplugged')], false));
    expect([names(begun.last), needs(begun)]).toEqual([['HotplugStarted'], ['give back 10GE-1']]);
  });
});

describe('a VM that ends meanwhile', () => {
  it.each(['stopped', 'starting'] as const)('and is %s does not get the device, which is given back', (state) => {
    const ended = operation(attach, held(1), seen(state));
    expect(names(ended.last)).toEqual(['HotplugVmEnded', 'HotplugUndoing']);
    expect(needs(ended)).toEqual([`give back ${plugged(1, 'unplugged').deviceId}`]);
    expect(data(operation(attach, held(1), seen(state), givenBack), 'HotplugFailed')).toMatchObject({ code: 'VM_ENDED' });
  });

  it('gives nothing back by this operation: what it holds is between the platform and the allocator', () => {
    const ended = operation(detach, found(1), seen('stopped'));
    expect(names(ended.last)).toEqual(['HotplugVmEnded', 'HotplugUndoing', 'HotplugFailed']);
    expect(data(ended, 'HotplugFailed')).toMatchObject({ code: 'VM_ENDED', devices: [{ where: 'unplugged' }] });
    expect([needs(ended), isHotplugOpen(ended.hotplug)]).toEqual([[], false]);
  });

  it('has ended as well when it runs on another host, and not when it runs on or was seen before', () => {
    expect(names(operation(attach, held(1), seen('running', 'h2')).last)).toEqual(['HotplugVmEnded', 'HotplugUndoing']);
    expect(operation(attach, held(1), seen('running')).last).toEqual([]);
    expect(operation(attach, held(1), seen('paused')).last).toEqual([]);
    expect(operation(attach, held(1), seen('starting', 'h1', after(-1))).last).toEqual([]);
  });

  it('has what is plugged into its next run after that unplugged, once the operation has ended and if that run does not hold it', () => {
    const undoing = operation(attach, held(1), seen('stopped'), heard(1, 'attached'));
    expect(names(undoing.last)).toEqual(['HostdevPlugged', 'HotplugFailed', 'HostdevUnplugRequested']);
    const ended = operation(attach, held(1), seen('stopped'), givenBack, heard(1, 'attached'));
    expect(names(ended.last)).toEqual(['HostdevPlugged', 'HostdevUnplugRequested']);
    for (const one of [undoing, ended]) expect([needs(one), isHotplugOpen(one.hotplug)]).toEqual([['perhaps detach 1'], true]);
    const back = operation(detach, found(1), late(31), seen('stopped'), heard(2, 'attached', after(40)));
    expect([needs(back), isHotplugOpen(back.hotplug)]).toEqual([['perhaps detach 1'], true]);
    expect(needs(operation(detach, found(1), late(31), seen('stopped'), heard(2, 'attached'), heard(3, 'detached')))).toEqual([]);
  });

  it('has it unplugged as well where that had been ordered, and not done, when it ended', () => {
    const told = [attach, held(1), late(21), seen('stopped', 'h1', after(22)), heard(1, 'attached', after(23))];
    expect(needs(operation(...told.slice(0, 3)))).toEqual(['detach 1']);
    expect(needs(operation(...told))).toEqual(['perhaps detach 1']);
    expect(needs(operation(...told, refused(3)))).toEqual([]);
  });

  it('is not plugged anything back into', () => {
    const ended = operation(detach, found(1, 2), heard(1, 'detached'), refused(2), seen('stopped'));
    expect(names(ended.last)).toEqual(['HotplugVmEnded', 'HotplugFailed']);
    expect(needs(ended)).toEqual([]);
  });
});

describe('orders of an operation', () => {
  it('are numbered within it, and those of others are not heard', () => {
    expect(operation(attach, held(1), { type: 'Answered', outcome: { commandId: 'o2-1', kind: 'attached' } }).last).toEqual([]);
    expect(operation(attach, held(1), heard(1, 'detached')).last).toEqual([]);
    expect(operation(attach, held(1), heard(1, 'attached'), refused(1)).last).toEqual([]);
  });
});
