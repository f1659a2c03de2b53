import { describe, expect, it } from '@jest/globals';
import type { DomainEvent } from '@vfleet/contracts';
import { aDevice } from '@vfleet/testing';
import { discovered, fact, given, names, online, only, vmState } from '../testing/given.js';
import type { Command } from './decide.js';

type Device = ReturnType<typeof aDevice>;

const nic = (n: number, more: Partial<Device> = {}): Device => aDevice('h1', `0000:28:00.${n}`, { name: '10GE', iommuGroup: n, ...more });
const host: readonly DomainEvent[] = [online('h1'), ...discovered('h1', nic(1), nic(2), nic(3))];
const starts = (vmId: string, devices: object = { device: '10GE' }): Command =>
  vmState(vmId, 'starting', { hostId: 'h1', devices: [devices as never] });
const changes = (device: Device): Command => fact('DeviceChanged', 'h1', { deviceId: device.deviceId, device });

describe('a device that moves into an IOMMU group that another VM uses', () => {
  const moved = [starts('vm-1'), starts('vm-2'), changes(nic(1, { iommuGroup: 2 }))];

  it('has lost its isolation: the owners of both VMs are told', () => {
    const told = given(host)
      .whenAll(...moved)
      .events.filter(({ type }) => type === 'IsolationLost');
    expect(told.map(({ data }) => data)).toMatchObject([
      { vmId: 'vm-1', address: '0000:28:00.1', iommuGroup: 2, sharedWith: ['vm-2'] },
      { vmId: 'vm-2', address: '0000:28:00.2', iommuGroup: 2, sharedWith: ['vm-1'] },
    ]);
  });

  it('stays with its holder, and goes to nobody else', () => {
    expect(names(given(host).whenAll(...moved, starts('vm-1')))).toEqual(['VmStateRecorded']);
    const refused = only(given(host).whenAll(...moved, starts('vm-3', { device: '10GE', count: 2 })), 'ReservationRejected');
    expect(refused.unmet).toMatchObject([{ matched: 3, free: 1 }]);
  });

  it('of one’s own breaks nothing', () => {
    const decision = given(host).whenAll(starts('vm-1', { device: '10GE', count: 2 }), changes(nic(1, { iommuGroup: 2 })));
    expect(names(decision)).toEqual(['DeviceChanged']);
  });

  it('breaks nothing on a host that shares its groups on purpose', () => {
    const unsafe = [online('h1', { unsafeIommuGroups: true }), ...discovered('h1', nic(1), nic(2))];
    expect(names(given(unsafe).whenAll(...moved))).toEqual(['DeviceChanged']);
  });
});

describe('a device that is held and could not be given any more', () => {
  it.each<[string, Partial<Device>]>([
    ['HOST_USE', { hostUse: [{ code: 'bridge-port', detail: 'br0' }] }],
    ['CLASS_EXCLUDED', { class: '060400' }],
    ['NO_IOMMU', { iommuGroup: null }],
    ['AMBIGUOUS', { ambiguous: true }],
  ])('is told with %s, once, and stays with its holder', (code, change) => {
    const broken = [starts('vm-1'), changes(nic(1, change))];
    expect(only(given(host).whenAll(...broken), 'PromiseBroken')).toMatchObject({ vmId: 'vm-1', address: '0000:28:00.1', code });
    expect(names(given(host).whenAll(...broken, changes(nic(1, { ...change, slot: '3' }))))).toEqual(['DeviceChanged']);
    expect(names(given(host).whenAll(...broken, starts('vm-1')))).toEqual(['VmStateRecorded']);
  });

  it('is told when a neighbour spoils its group', () => {
    const grouped = [online('h1'), ...discovered('h1', nic(1), nic(2, { iommuGroup: 1, name: 'other' }))];
    const decision = given(grouped).whenAll(
      starts('vm-1'),
      changes(nic(2, { iommuGroup: 1, driver: 'ixgbe', hostUse: [{ code: 'mounted', detail: '' }] })),
    );
    const told = decision.events.filter(({ type }) => type === 'PromiseBroken').map(({ data }) => data);
    expect(told).toMatchObject([
      { address: '0000:28:00.2', code: 'HOST_USE' },
      { address: '0000:28:00.1', code: 'GROUP_NOT_VIABLE' },
    ]);
  });

  it('is told when it is not what was asked for any more', () => {
    const renamed = fact('DeviceRenamed', 'h1', { deviceId: nic(1).deviceId, address: '0000:28:00.1', previousName: '10GE', name: '25GE' });
    expect(only(given(host).whenAll(starts('vm-1'), renamed), 'PromiseBroken').code).toBe('NO_MATCH');
    const tagged = [online('h1'), ...discovered('h1', nic(1, { tags: { net: 'a' } }))];
    const byTag = [starts('vm-1', { match: { 'tags.net': 'a' } }), changes(nic(1, { tags: { net: 'b' } }))];
    expect(only(given(tagged).whenAll(...byTag), 'PromiseBroken').code).toBe('NO_MATCH');
  });

  it('is told when its host takes no custom models any more', () => {
    const model: DomainEvent = {
      type: 'ModelRegistered',
      data: { model: 'Atlas', deviceType: 'NPU', vendorId: '8086', productId: nic(1).productId as string },
    };
    const disabled = fact('HostOnline', 'h1', { hostname: 'h1', agentVersion: '0', heartbeatSeconds: 10, customDevices: false });
    const decision = given(host, model).whenAll(starts('vm-1', { model: 'Atlas' }), disabled);
    expect(only(decision, 'PromiseBroken')).toMatchObject({ vmId: 'vm-1', code: 'CUSTOM_DISABLED', address: '0000:28:00.1' });
  });

  it('that vanishes is missing and lost, and returns with its holder', () => {
    const gone = fact('DeviceRemoved', 'h1', { deviceId: nic(1).deviceId, address: '0000:28:00.1', reason: 'gone' });
    expect(names(given(host).whenAll(starts('vm-1'), gone))).toEqual(['DeviceMissing', 'DeviceLost']);
    expect(names(given(host).whenAll(starts('vm-1'), gone, changes(nic(1))))).toEqual(['DeviceReturned']);
  });

  it('that nobody holds breaks nothing', () => {
    expect(names(given(host).when(changes(nic(1, { iommuGroup: null }))))).toEqual(['DeviceChanged']);
  });
});
