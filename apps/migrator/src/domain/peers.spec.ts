import { describe, expect, it } from '@jest/globals';
import { after, attached, course, detached, failed, move, names, planned, seen, settled, start, type Course } from '../testing/given.js';
import { intentsOf } from './intents.js';

// Situations of moves that systems of this field know from their own tests and faults; each title ends with the case it
// was made of. `h1` is the source, `h2` the target.

const two = [start, planned([move(1, { mac: '52:54:00:aa:00:01' }), move(2, { mac: '52:54:00:aa:00:02' })])];
const orders = ({ saga }: Course): readonly string[] =>
  intentsOf(saga).map((one) => (one.type === 'Send' ? `${one.command.verb} ${one.command.address} at ${one.command.hostId}` : one.type));
const dataOf = (one: Course, type: string): object => (one.events.findLast((event) => event.type === type)?.data ?? {}) as object;
/** The allocator has no other device of the target for the first request. */
const noOther = { type: 'Replaced', requestName: '10GE-1', previousDeviceId: move(1).target?.deviceId ?? '', device: null } as const;

describe('a guest that lets go of its first VF and keeps the second', () => {
  const stuck = [...two, detached(1), failed(2)];

  it('gets the first one back on the source, where the VM goes on running [mig-007]', () => {
    const back = course(...stuck);
    expect(names(back.events)).not.toContain('VmMigrationReady');
    expect(orders(back)).toEqual(['attach 0000:28:00.1 at h1']);
  });

  it('has both on the source at the end, and what was held on the target is given back [mig-007]', () => {
    const back = course(...stuck, attached(3), settled('source'));
    expect(dataOf(back, 'MigrationRolledBack')).toMatchObject({ code: 'GUEST_REFUSED', devices: [{ where: 'source' }, { where: 'source' }] });
    expect(orders(back)).toEqual([]);
  });
});

describe('a VM of which one VF cannot be plugged on the target', () => {
  const arrived = [...two, detached(1), detached(2), seen('h2'), failed(3, 'DEVICE_BUSY'), noOther];

  it('gets the other one all the same [ovirt-06, mig-010]', () => {
    const one = course(...arrived);
    expect(orders(one)).toEqual(['attach 0000:41:00.2 at h2']);
    expect(names(course(...arrived, attached(4)).last)).toContain('HostdevPlugged');
  });

  it('runs on there, and an operator is told which one it lacks [ovirt-06, mig-010]', () => {
    expect(dataOf(course(...arrived, attached(4)), 'MigrationFailed')).toMatchObject({
      runsOn: 'h2',
      devices: [
        { requestName: '10GE-1', where: 'lost' },
        { requestName: '10GE-2', where: 'target' },
      ],
    });
  });
});

describe('a VM with a standby beside its VF', () => {
  it('has only the VF taken off and plugged, with the same MAC: the standby is no device that vfleet touches [mig-017]', () => {
    const one = [start, planned([move(1, { mac: '52:54:00:aa:00:01' })])];
    expect(orders(course(...one))).toEqual(['detach 0000:28:00.1 at h1']);
    const plugging = course(...one, detached(1), seen('h2'));
    expect(orders(plugging)).toEqual(['attach 0000:41:00.1 at h2']);
    expect(dataOf(plugging, 'HostdevPlugRequested')).toMatchObject({ mac: '52:54:00:aa:00:01' });
  });
});

describe('a hypervisor that does not move a VM with a PCI device in it', () => {
  it('is not asked before every device is off [mig-020]', () => {
    expect(names(course(...two, detached(1)).events)).not.toContain('VmMigrationReady');
    expect(names(course(...two, detached(1), detached(2)).last)).toEqual(['HostdevUnplugged', 'VmMigrationReady']);
  });

  it('is not asked either when something else of it is in the way, and the device is plugged back [mig-020]', () => {
    const blocked = course(start, planned(), detached(1, after(1), ['0000:28:00.7 is in the way']));
    expect(dataOf(blocked, 'MigrationRollingBack')).toMatchObject({ code: 'MIGRATION_BLOCKED', message: '0000:28:00.7 is in the way' });
    expect(orders(blocked)).toEqual(['attach 0000:28:00.1 at h1']);
  });
});
