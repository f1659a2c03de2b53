import { describe, expect, it } from '@jest/globals';
import { aDevice } from '@vfleet/testing';
import type { FleetMemory } from '../fleet-memory.js';
import { discovered, fact, fleetOf, names, online, only, quiet, take, vmState } from '../testing/given.js';
import { decide, type Command } from './decide.js';
import type { Decision } from './decision.js';

// Situations over a fleet's life that systems of this field know from their own tests and faults; each title ends with
// the case it was made of.

type Device = ReturnType<typeof aDevice>;
type Want = { readonly device?: string; readonly match?: Record<string, unknown>; readonly count?: number };

const nic = (address: string, host = 'h1', more: Partial<Device> = {}): Device =>
  aDevice(host, address, { name: 'NIC', iommuGroup: Number.parseInt(address.replaceAll(/[^0-9a-f]/g, '').slice(-6), 16), ...more });

/** A PF and two VFs of it. */
const family = (address: string, host = 'h1'): readonly Device[] => {
  const pf = nic(`${address}.0`, host, { functionType: 'pf', totalVfs: 2, numVfs: 2, name: 'PF' });
  return [pf, ...[1, 2].map((n) => nic(`${address}.${n}`, host, { functionType: 'vf', vfIndex: n - 1, parentDeviceId: pf.deviceId, name: 'VF' }))];
};

const aFleet = (...devices: readonly Device[]): FleetMemory => fleetOf([online('h1'), ...discovered('h1', ...devices)]);
const twoHosts = (one: readonly Device[], two: readonly Device[]): FleetMemory =>
  fleetOf([online('h1'), ...discovered('h1', ...one), online('h2'), ...discovered('h2', ...two)]);

/** Decides and takes it in, as the desk does. */
const tell = (fleet: FleetMemory, command: Command): Decision => {
  const decision = decide(fleet, command, quiet());
  take(fleet, decision);
  return decision;
};
const start = (fleet: FleetMemory, vmId: string, ...devices: readonly Want[]): Decision =>
  tell(fleet, vmState(vmId, 'starting', { hostId: 'h1', devices: [...devices] }));
const stop = (fleet: FleetMemory, vmId: string): Decision => tell(fleet, vmState(vmId, 'stopped'));

/** Who holds what on a host, by address. */
const holders = (fleet: FleetMemory, hostId = 'h1'): Readonly<Record<string, string>> => {
  const host = fleet.host(hostId);
  return Object.fromEntries([...(host?.holders ?? [])].map(([deviceId, vmId]) => [host?.devices.get(deviceId)?.address ?? deviceId, vmId]));
};
const removed = (device: Device, host = 'h1'): Command =>
  fact('DeviceRemoved', host, { deviceId: device.deviceId, address: device.address, reason: 'gone' });

describe('a PF and its VFs', () => {
  const [pf, vf1, vf2] = family('0000:81:00') as [Device, Device, Device];
  const anyVf: Want = { device: 'VF' };
  const thePf: Want = { match: { functionType: 'pf' } };
  const nowhere: Want = { match: { productId: 'ffff' } };

  it('are as before when a VM is refused that asked for a VF and for something nobody has [beyond-source-01]', () => {
    const fleet = aFleet(pf, vf1, vf2);
    expect(names(start(fleet, 'vm-1', anyVf, nowhere))).toContain('ReservationRejected');
    start(fleet, 'vm-2', thePf);
    expect(holders(fleet)).toEqual({ '0000:81:00.0': 'vm-2' });
  });

  it('are as before when it asked for the PF [beyond-source-02]', () => {
    const fleet = aFleet(pf, vf1, vf2);
    expect(names(start(fleet, 'vm-1', thePf, nowhere))).toContain('ReservationRejected');
    start(fleet, 'vm-2', anyVf);
    expect(holders(fleet)).toEqual({ '0000:81:00.1': 'vm-2' });
  });

  it('are one thing while the PF is held: a VF may vanish, and no other is given [pf-vf-exclusivity-09]', () => {
    const fleet = aFleet(pf, vf1, vf2);
    start(fleet, 'vm-1', thePf);
    expect(names(tell(fleet, removed(vf2)))).toEqual(['DeviceRemoved']);
    expect(only(start(fleet, 'vm-2', anyVf), 'ReservationRejected').unmet[0]).toMatchObject({ reasons: [{ code: 'PF_IN_USE', count: 1 }] });
    expect(holders(fleet)).toEqual({ '0000:81:00.0': 'vm-1' });
  });

  it('are all free again after the PF was, for nothing about them is stored [pf-vf-exclusivity-12]', () => {
    const fleet = aFleet(pf, vf1, vf2);
    start(fleet, 'vm-1', thePf);
    stop(fleet, 'vm-1');
    start(fleet, 'vm-2', { ...anyVf, count: 2 });
    expect(holders(fleet)).toEqual({ '0000:81:00.1': 'vm-2', '0000:81:00.2': 'vm-2' });
  });

  it('give exactly as many VFs as are asked for after others came and went [allocation-release-29]', () => {
    const fleet = aFleet(pf, vf1, vf2);
    start(fleet, 'vm-1', anyVf);
    stop(fleet, 'vm-1');
    start(fleet, 'vm-2', anyVf);
    expect(Object.values(holders(fleet))).toEqual(['vm-2']);
  });
});

describe('a VF that another VM has taken meanwhile', () => {
  it('is refused with its holder, and the next one is given where there is one [vf-019, life-020]', () => {
    const fleet = aFleet(nic('0000:05:10.1'));
    start(fleet, 'vm-b', { device: 'NIC' });
    const { unmet } = only(start(fleet, 'vm-a', { device: 'NIC' }), 'ReservationRejected');
    expect(unmet[0]?.reasons).toEqual([{ code: 'DEVICE_IN_USE', count: 1, example: '0000:05:10.1: held by vm-b' }]);
    tell(fleet, fact('DeviceDiscovered', 'h1', { device: nic('0000:05:10.3') }));
    start(fleet, 'vm-a', { device: 'NIC' });
    expect(holders(fleet)).toEqual({ '0000:05:10.1': 'vm-b', '0000:05:10.3': 'vm-a' });
  });
});

describe('a device that vanished', () => {
  it('is gone when it was free, and kept with its holder as missing when it was not [cloudpods-12, allocation-release-09]', () => {
    const [held, free] = [nic('0000:28:00.1'), nic('0000:28:00.2', 'h1', { name: 'OTHER' })];
    const fleet = aFleet(held, free);
    start(fleet, 'vm-1', { device: 'NIC' });
    expect(names(tell(fleet, removed(free)))).toEqual(['DeviceRemoved']);
    expect(names(tell(fleet, removed(held)))).toEqual(['DeviceMissing', 'DeviceLost']);
    expect(holders(fleet)).toEqual({ '0000:28:00.1': 'vm-1' });
  });

  it('is not given, though nobody holds it [life-020]', () => {
    const fleet = aFleet(nic('0000:05:10.1'));
    tell(fleet, removed(nic('0000:05:10.1')));
    expect(only(start(fleet, 'vm-a', { device: 'NIC' }), 'ReservationRejected').unmet[0]).toMatchObject({
      matched: 0,
      reasons: [{ code: 'NO_MATCH' }],
    });
  });

  it('is gone with its VM when it vanished in use [allocation-release-16]', () => {
    const [one, two] = [nic('0000:81:00.1'), nic('0000:81:00.2')];
    const fleet = aFleet(one, two);
    start(fleet, 'vm-1', { device: 'NIC' });
    tell(fleet, removed(two));
    tell(fleet, removed(one));
    expect(fleet.host('h1')?.devices.size).toBe(1);
    stop(fleet, 'vm-1');
    expect(fleet.host('h1')?.devices.size).toBe(0);
  });
});

describe('a device that is new', () => {
  it('may be given at once [allocation-release-08, cloudstack-21]', () => {
    const fleet = aFleet(nic('0000:01:00.0'));
    tell(fleet, fact('DeviceDiscovered', 'h1', { device: nic('0000:03:00.0') }));
    start(fleet, 'vm-1', { device: 'NIC', count: 2 });
    expect(Object.keys(holders(fleet))).toEqual(['0000:01:00.0', '0000:03:00.0']);
  });

  it('may have the address of one on another host [cloudstack-09]', () => {
    const fleet = twoHosts([nic('0000:01:00.0')], [nic('0000:01:00.0', 'h2')]);
    start(fleet, 'vm-1', { device: 'NIC' });
    tell(fleet, vmState('vm-2', 'starting', { hostId: 'h2', devices: [{ device: 'NIC' }] }));
    expect([holders(fleet), holders(fleet, 'h2')]).toEqual([{ '0000:01:00.0': 'vm-1' }, { '0000:01:00.0': 'vm-2' }]);
  });
});

describe('what a VM gives back', () => {
  it('is free, and leaves no trace of it [allocation-release-04]', () => {
    const fleet = aFleet(nic('0000:01:00.0'));
    start(fleet, 'vm-1', { device: 'NIC' });
    stop(fleet, 'vm-1');
    expect(holders(fleet)).toEqual({});
    expect(fleet.hostsOf('vm-1')).toEqual([]);
  });

  it('is nothing when it holds nothing, and that is no fault [cloudstack-20]', () => {
    expect(names(stop(aFleet(nic('0000:01:00.0')), 'vm-1'))).toEqual([]);
  });

  it('does not touch what others have [allocation-release-07]', () => {
    const fleet = aFleet(nic('0000:01:00.0'), nic('0000:02:00.0'));
    start(fleet, 'vm-1', { device: 'NIC' });
    start(fleet, 'vm-2', { device: 'NIC' });
    tell(fleet, vmState('vm-2', 'destroyed'));
    expect(holders(fleet)).toEqual({ '0000:01:00.0': 'vm-1' });
  });
});

describe('a host that says nothing any more', () => {
  it('frees nothing: its VMs may still run [life-018]', () => {
    const fleet = aFleet(nic('0000:05:10.1'));
    start(fleet, 'vm-a', { device: 'NIC' });
    tell(fleet, { type: 'DeclareStale', hostId: 'h1', lastSeenAt: '2026-11-20T09:00:00.000Z' });
    tell(fleet, vmState('vm-a', 'unknown'));
    expect(holders(fleet)).toEqual({ '0000:05:10.1': 'vm-a' });
  });

  it('takes no new VM', () => {
    const fleet = aFleet(nic('0000:05:10.1'));
    tell(fleet, { type: 'DeclareStale', hostId: 'h1', lastSeenAt: '2026-11-20T09:00:00.000Z' });
    expect(only(start(fleet, 'vm-a', { device: 'NIC' }), 'ReservationRejected').unmet[0]).toMatchObject({ reasons: [{ code: 'HOST_STALE' }] });
  });
});

describe('a VM on another host than before', () => {
  const here = nic('0000:81:00.0');
  const there = nic('0000:81:00.0', 'h2');

  it('after its start failed on the first holds a device on the second only [allocation-release-14]', () => {
    const fleet = twoHosts([here], [there]);
    start(fleet, 'vm-1', { device: 'NIC' });
    tell(fleet, vmState('vm-1', 'error'));
    tell(fleet, vmState('vm-1', 'starting', { hostId: 'h2', devices: [{ device: 'NIC' }] }));
    expect([holders(fleet), holders(fleet, 'h2')]).toEqual([{}, { '0000:81:00.0': 'vm-1' }]);
  });

  it('with fewer devices is judged by what it wants now [migration-28]', () => {
    const fleet = twoHosts([here, nic('0000:81:01.0')], [there]);
    start(fleet, 'vm-1', { device: 'NIC', count: 2 });
    stop(fleet, 'vm-1');
    tell(fleet, vmState('vm-1', 'starting', { hostId: 'h2', devices: [{ device: 'NIC' }] }));
    expect([holders(fleet), holders(fleet, 'h2')]).toEqual([{}, { '0000:81:00.0': 'vm-1' }]);
  });

  it('after it was put away and taken out again [migration-31]', () => {
    const fleet = twoHosts([here], [there]);
    start(fleet, 'vm-1', { device: 'NIC' });
    stop(fleet, 'vm-1');
    expect([holders(fleet), holders(fleet, 'h2')]).toEqual([{}, {}]);
    tell(fleet, vmState('vm-1', 'starting', { hostId: 'h2', devices: [{ device: 'NIC' }] }));
    expect(holders(fleet, 'h2')).toEqual({ '0000:81:00.0': 'vm-1' });
  });

  it('because the first one died leaves it: the VM runs there no more [migration-30]', () => {
    const fleet = twoHosts([here], [there]);
    start(fleet, 'vm-1', { device: 'NIC' });
    tell(fleet, { type: 'DeclareStale', hostId: 'h1', lastSeenAt: '2026-11-20T09:00:00.000Z' });
    tell(fleet, vmState('vm-1', 'starting', { hostId: 'h2', devices: [{ device: 'NIC' }] }));
    expect([holders(fleet), holders(fleet, 'h2')]).toEqual([{}, { '0000:81:00.0': 'vm-1' }]);
  });
});

describe('a device of a held kind', () => {
  it('keeps its holder when it moves to another address [ren-002]', () => {
    const before = nic('0000:c4:00.0');
    const fleet = aFleet(before);
    start(fleet, 'vm-1', { device: 'NIC' });
    tell(fleet, fact('DeviceReaddressed', 'h1', { deviceId: before.deviceId, previousAddress: before.address, address: '0000:c3:00.0' }));
    expect(holders(fleet)).toEqual({ '0000:c3:00.0': 'vm-1' });
  });

  it('keeps its holder when it is called otherwise, and is not given twice under the new name [cloudstack-10]', () => {
    const fleet = aFleet(nic('0000:01:00.0'));
    start(fleet, 'vm-1', { device: 'NIC' });
    const { deviceId, address } = nic('0000:01:00.0');
    tell(fleet, fact('DeviceRenamed', 'h1', { deviceId, address, previousName: 'NIC', name: '25GE' }));
    expect(names(start(fleet, 'vm-2', { device: '25GE' }))).toContain('ReservationRejected');
    expect(holders(fleet)).toEqual({ '0000:01:00.0': 'vm-1' });
  });
});
