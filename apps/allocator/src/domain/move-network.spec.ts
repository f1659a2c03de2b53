import { describe, expect, it } from '@jest/globals';
import type { DeviceRequest } from '@vfleet/contracts';
import { aDevice } from '@vfleet/testing';
import { discovered, fact, given, online, only, vmState } from '../testing/given.js';
import { move, planOf, settle } from '../testing/given-moves.js';
import type { Command } from './decide.js';

const MAC = '52:54:00:00:00:01';
const anInterface = (mac: string) => [{ ifname: 'eth0', mac }];
const nic = (hostId: string, n: number, more = {}) =>
  aDevice(hostId, `0000:28:00.${n}`, { name: '10GE', iommuGroup: n, physicalNetwork: 'physnet1', ...more });
const source = nic('h1', 1, { net: anInterface(MAC), tags: { vlan: '42' } });
const target = nic('h2', 2, { net: anInterface('52:54:00:00:00:02'), tags: { vlan: '7' } });
const third = nic('h3', 3);
const three = [
  ...['h1', 'h2', 'h3'].map((hostId) => online(hostId)),
  ...discovered('h1', source),
  ...discovered('h2', target),
  ...discovered('h3', third),
];
const running = (request: Partial<DeviceRequest> = {}): readonly Command[] => [
  vmState('vm-1', 'starting', { hostId: 'h1', devices: [{ device: '10GE', ...request }] }),
  vmState('vm-1', 'running', { hostId: 'h1' }),
];
/** A driver that tells no MAC, as vfio-pci does. */
const bound = (hostId: string, device: typeof source): Command =>
  fact('DeviceChanged', hostId, { deviceId: device.deviceId, device: { ...device, net: [] } });

describe('MAC and VLAN of a VM on its device', () => {
  it('are those that the device had when it was given, its VLAN by the tag of that name', () => {
    expect(only(given(three).when(running()[0] as Command), 'DevicesReserved').devices).toMatchObject([{ mac: MAC, vlan: 42 }]);
  });

  it('are not told of a device that tells none, or says something that is none', () => {
    const odd = nic('h1', 1, { net: anInterface('00:00:00:00:00:00'), tags: { vlan: '4095' } });
    const [device] = only(given([online('h1'), ...discovered('h1', odd)]).when(running()[0] as Command), 'DevicesReserved').devices;
    expect([device?.mac, device?.vlan]).toEqual([undefined, undefined]);
  });

  it('go along in a move, also when the device tells no MAC any more', () => {
    const decision = given(three).whenAll(...running(), bound('h1', source), move('vm-1', { targetHostId: 'h2', migrationId: 'm-1' }));
    expect(planOf(decision).devices).toMatchObject([{ mac: MAC, vlan: 42 }]);
    expect(only(decision, 'DevicesReserved').devices).toMatchObject([{ deviceId: target.deviceId, mac: MAC, vlan: 42 }]);
  });

  it('go along in the next move as well, though the device there had others', () => {
    const there = [move('vm-1', { targetHostId: 'h2', migrationId: 'm-1' }), settle('vm-1', 'target'), vmState('vm-1', 'running', { hostId: 'h2' })];
    expect(planOf(given(three).whenAll(...running(), ...there, move('vm-1', { targetHostId: 'h3' }))).devices).toMatchObject([
      { mac: MAC, vlan: 42 },
    ]);
  });

  it('stay over a new start with the same device', () => {
    const before = [...running(), bound('h1', source)];
    const again = vmState('vm-1', 'starting', { hostId: 'h1', devices: [{ device: '10GE', keepOnStop: true }] });
    const decision = given(three).whenAll(...before, again);
    expect(only(decision, 'DevicesReserved').devices).toMatchObject([{ deviceId: source.deviceId, mac: MAC, vlan: 42 }]);
  });
});

describe('what an alias or an offering says of moving', () => {
  const alias: Command = { type: 'PutAlias', alias: { name: 'fast', request: { device: '10GE', migration: { mode: 'forbid' } } } };
  const offering: Command = {
    type: 'PutOffering',
    offering: { name: 'bound', devices: [{ device: '10GE' }], migration: { mode: 'forbid' } },
  };
  const byAlias = [alias, vmState('vm-1', 'starting', { hostId: 'h1', devices: [{ alias: 'fast' }] }), vmState('vm-1', 'running', { hostId: 'h1' })];
  const byOffering = [offering, vmState('vm-1', 'starting', { hostId: 'h1', offering: 'bound' }), vmState('vm-1', 'running', { hostId: 'h1' })];
  const blockers = (...commands: readonly Command[]) =>
    planOf(given(three).whenAll(...commands, move('vm-1', { targetHostId: 'h2' }))).blockers.map(({ code }) => code);

  it('still counts for a VM that holds by it when it is stored no more', () => {
    expect(blockers(...byAlias, { type: 'RemoveAlias', name: 'fast' })).toEqual(['MIGRATION_FORBIDDEN']);
    expect(blockers(...byOffering, { type: 'RemoveOffering', name: 'bound' })).toEqual(['MIGRATION_FORBIDDEN']);
  });

  it('counts as it is stored now, as long as it is', () => {
    expect(blockers(...byAlias, { type: 'PutAlias', alias: { name: 'fast', request: { device: '10GE' } } })).toEqual([]);
    expect(blockers(...byOffering, { type: 'PutOffering', offering: { name: 'bound', devices: [{ device: '10GE' }] } })).toEqual([]);
  });
});
