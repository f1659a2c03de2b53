import { describe, expect, it } from '@jest/globals';
import type { DeviceRequest } from '@vfleet/contracts';
import { aDevice } from '@vfleet/testing';
import type { FleetMemory } from '../fleet-memory.js';
import { discovered, fleetOf, names, online, quiet, take, vmState } from '../testing/given.js';
import { codes, move, moved, planOf, settle } from '../testing/given-moves.js';
import { decide, type Command } from './decide.js';
import type { Decision } from './decision.js';

// Situations of VMs that go to another host, as systems of this field know them from their own tests and faults; each
// title ends with the case it was made of.

type Device = ReturnType<typeof aDevice>;

const nic = (hostId: string, address: string, more: Partial<Device> = {}): Device =>
  aDevice(hostId, address, { iommuGroup: Number.parseInt(address.replaceAll(/[^0-9a-f]/g, '').slice(-6), 16), physicalNetwork: 'net4', ...more });
const pfOf = (hostId: string, address: string, mac: string, numVfs = 0): Device =>
  nic(hostId, address, { productId: '1528', functionType: 'pf', totalVfs: 8, numVfs, net: [{ ifname: `p${address.slice(5, 7)}`, mac }] });
const vfOf = (hostId: string, pf: Device, vfIndex: number, more: Partial<Device> = {}): Device =>
  nic(hostId, `${pf.address.slice(0, -1)}${vfIndex + 1}`, {
    productId: '1515',
    functionType: 'vf',
    vfIndex,
    parentDeviceId: pf.deviceId,
    ...more,
  });
const fleetWith = (one: readonly Device[], two: readonly Device[]): FleetMemory =>
  fleetOf([online('h1'), ...discovered('h1', ...one), online('h2'), ...discovered('h2', ...two)]);

const tell = (fleet: FleetMemory, ...commands: readonly Command[]): Decision => {
  const decisions = commands.map((command) => {
    const decision = decide(fleet, command, quiet());
    take(fleet, decision);
    return decision;
  });
  return decisions.at(-1) as Decision;
};
const starts = (vmId: string, hostId: string, ...devices: readonly DeviceRequest[]): Command =>
  vmState(vmId, 'starting', { hostId, devices: [...devices] });
const runs = (vmId: string, hostId: string): Command => vmState(vmId, 'running', { hostId });
const holders = (fleet: FleetMemory, hostId: string): Readonly<Record<string, string>> => {
  const host = fleet.host(hostId);
  return Object.fromEntries([...(host?.holders ?? [])].map(([deviceId, vmId]) => [host?.devices.get(deviceId)?.address ?? deviceId, vmId]));
};
const toH2 = move('vm1', { targetHostId: 'h2' });

describe('a VM that stays attached to its VFs while it moves', () => {
  const marked = (hostId: string, bus: string, live: object): readonly Device[] =>
    [0, 1, 2].map((n) => vfOf(hostId, pfOf(hostId, `0000:${bus}:00.0`, '02:00:00:00:00:01', 3), n, live));
  const able = { liveMigratable: true };
  const three: DeviceRequest = {
    name: 'vf',
    match: { productId: '1515', functionType: 'vf', liveMigratable: true },
    count: 3,
    migration: { mode: 'live', match: 'selector' },
  };
  const movesTo = (target: object, request: DeviceRequest = three): { readonly fleet: FleetMemory; readonly plan: Decision } => {
    const fleet = fleetWith(marked('h1', '81', able), marked('h2', '82', target));
    return { fleet, plan: tell(fleet, starts('vm1', 'h1', request), runs('vm1', 'h1'), toH2) };
  };

  it.each([
    ['are marked as unable to be moved so [migration-11]', { liveMigratable: false }],
    ['are not marked at all [migration-12]', {}],
  ])('is refused where it asked for such as can be moved live, and those of the target %s', (_, target) => {
    const { fleet, plan } = movesTo(target);
    expect([codes(plan), plan.events]).toEqual([['NO_MATCHING_DEVICE'], []]);
    expect([Object.keys(holders(fleet, 'h1')), Object.keys(holders(fleet, 'h2'))]).toEqual([['0000:81:00.1', '0000:81:00.2', '0000:81:00.3'], []]);
  });

  it('leaves nothing on the source, and takes two of three on the target [migration-15]', () => {
    const { fleet, plan } = movesTo(able, { ...three, count: 2 });
    expect(moved(plan)).toEqual(['0000:81:00.1 -> 0000:82:00.1 live', '0000:81:00.2 -> 0000:82:00.2 live']);
    tell(fleet, move('vm1', { targetHostId: 'h2', migrationId: 'm-1' }), runs('vm1', 'h2'), settle('vm1', 'target'));
    expect([holders(fleet, 'h1'), holders(fleet, 'h2')]).toEqual([{}, { '0000:82:00.1': 'vm1', '0000:82:00.2': 'vm1' }]);
  });

  it('has them unplugged and plugged instead where it did not ask for such, and the target’s cannot [migration-07]', () => {
    const silent: DeviceRequest = { name: 'vf', match: { productId: '1515', functionType: 'vf' }, migration: { mode: 'live' } };
    expect(moved(movesTo({}, silent).plan)).toEqual(['0000:81:00.1 -> 0000:82:00.1 hotplug']);
    expect(moved(movesTo(able, silent).plan)).toEqual(['0000:81:00.1 -> 0000:82:00.1 live']);
  });

  it('is given those of the target that can be moved live before those that cannot, by whatever match', () => {
    for (const match of ['network', 'selector'] as const) {
      const fleet = fleetWith(marked('h1', '81', able), [...marked('h2', '82', {}), ...marked('h2', '83', able)]);
      const silent: DeviceRequest = { name: 'vf', match: { productId: '1515', functionType: 'vf' }, migration: { mode: 'live', match } };
      expect(moved(tell(fleet, starts('vm1', 'h1', silent), runs('vm1', 'h1'), toH2))).toEqual(['0000:81:00.1 -> 0000:83:00.1 live']);
    }
  });
});

describe('a VM whose network has no free VF on the target', () => {
  it('is refused before anything is held or unplugged [mig-004]', () => {
    const fleet = fleetWith([nic('h1', '0000:05:10.1')], []);
    const network: DeviceRequest = { name: 'v1', match: { physicalNetwork: 'net4' } };
    const held = tell(fleet, starts('vm1', 'h1', network), runs('vm1', 'h1'), move('vm1', { targetHostId: 'h2', migrationId: 'm-1' }));
    expect([codes(held), held.events, planOf(held).held]).toEqual([['NO_MATCHING_DEVICE'], [], false]);
    expect([holders(fleet, 'h1'), holders(fleet, 'h2')]).toEqual([{ '0000:05:10.1': 'vm1' }, {}]);
  });
});

describe('a VM with a VF and a PF that stops here and starts there', () => {
  const here = pfOf('h1', '0000:81:00.0', '02:00:00:00:00:01', 1);
  const there = pfOf('h2', '0000:81:00.0', '02:00:00:00:00:02', 2);
  const ports: readonly DeviceRequest[] = [
    { name: 'p_vf', match: { physicalNetwork: 'net4', functionType: 'vf' } },
    { name: 'p_pf', match: { physicalNetwork: 'net4', functionType: 'pf' } },
  ];
  const aMove = (): FleetMemory => {
    const fleet = fleetWith(
      [here, vfOf('h1', here, 0), pfOf('h1', '0000:82:00.0', '02:00:00:00:00:aa')],
      [there, vfOf('h2', there, 0), vfOf('h2', there, 1), pfOf('h2', '0000:82:06.0', '02:00:00:00:00:bb')],
    );
    tell(fleet, starts('vm0', 'h2', { match: { address: '81:00.1' } }), starts('vm1', 'h1', ...ports));
    return fleet;
  };
  /** Address of what serves each port, and the MAC that it is given with. */
  const portsOf = (fleet: FleetMemory, hostId: string): readonly string[] =>
    (fleet.host(hostId)?.reservations.get('vm1')?.devices ?? []).map(({ requestName, address, mac }) =>
      `${requestName} ${address} ${mac ?? ''}`.trim(),
    );
  const onH1 = ['p_vf 0000:81:00.1', 'p_pf 0000:82:00.0 02:00:00:00:00:aa'];

  it('has another VF there where its own address is taken, and the PF with the MAC of that [migration-19]', () => {
    const fleet = aMove();
    expect(portsOf(fleet, 'h1')).toEqual(onH1);
    expect(names(tell(fleet, vmState('vm1', 'stopped'), starts('vm1', 'h2', ...ports)))).toContain('DevicesReserved');
    expect(portsOf(fleet, 'h2')).toEqual(['p_vf 0000:81:00.2', 'p_pf 0000:82:06.0 02:00:00:00:00:bb']);
    expect([holders(fleet, 'h1'), holders(fleet, 'h2')['0000:81:00.1']]).toEqual([{}, 'vm0']);
  });

  it('has what it had when it comes back [migration-22]', () => {
    const fleet = aMove();
    tell(fleet, starts('vm1', 'h2', ...ports), vmState('vm1', 'stopped'), starts('vm1', 'h1', ...ports));
    expect(portsOf(fleet, 'h1')).toEqual(onH1);
    expect(holders(fleet, 'h2')).toEqual({ '0000:81:00.1': 'vm0' });
  });
});
