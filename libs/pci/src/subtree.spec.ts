import { describe, expect, it } from '@jest/globals';
import { affectedBy } from './companions.js';
import type { DeviceObservation } from './device.js';
import { ineligibility } from './eligibility.js';
import { aDevice, aHost, aPfWithVfs, aWish, chosen, codes } from './testing.js';
import { topologyOf } from './topology.js';

const addresses = (devices: readonly DeviceObservation[]): readonly string[] => devices.map(({ address }) => address);
const below = (parent: DeviceObservation, address: string, over: Partial<DeviceObservation>): DeviceObservation =>
  aDevice({ address, parentDeviceId: parent.deviceId, iommuGroup: null, ...over });

const gpu = aDevice({ address: '0000:41:00.0', class: '030200', iommuGroup: 41 });
const vgpus = ['c0ffee00-0000-4000-8000-000000000001', 'c0ffee00-0000-4000-8000-000000000002'].map((uuid) =>
  below(gpu, uuid, { kind: 'mdev', class: undefined, name: 'vgpu' }),
);
const [pf, vf, otherVf] = aPfWithVfs({ address: '0000:28:00.0' }, ['0000:28:02.0', '0000:28:02.1']) as [
  DeviceObservation,
  DeviceObservation,
  DeviceObservation,
];
const slice = below(vf, 'c0ffee00-0000-4000-8000-000000000003', { kind: 'mdev', class: undefined });
const controller = aDevice({ address: '0000:00:14.0', class: '0c0330', iommuGroup: 14 });
const stick = below(controller, '1-4', { kind: 'usb', class: undefined });
const disk = aDevice({ address: '0000:03:00.0', class: '010700', iommuGroup: 3 });
const lun = below(disk, '2:0:0:1', { kind: 'scsi', class: undefined });
const all = [gpu, ...vgpus, pf, vf, otherVf, slice, controller, stick, disk, lun];

describe('what is below a device', () => {
  const { subtreeOf, rivalsOf } = topologyOf(new Map(all.map((device) => [device.deviceId, device])));

  it('are VFs, USB and SCSI devices, mediated devices, and what is below these', () => {
    expect(addresses(subtreeOf(pf)).toSorted()).toEqual(['0000:28:02.0', '0000:28:02.1', slice.address]);
    expect(addresses(subtreeOf(controller))).toEqual(['1-4']);
    expect(addresses(subtreeOf(disk))).toEqual(['2:0:0:1']);
    expect(subtreeOf(stick)).toEqual([]);
  });

  it('are no functions behind a bridge', () => {
    const bridge = aDevice({ address: '0000:00:01.0', class: '060400' });
    const nic = aDevice({ address: '0000:01:00.0', parentDeviceId: bridge.deviceId });
    const topology = topologyOf(new Map([bridge, nic].map((device) => [device.deviceId, device])));
    expect([topology.subtreeOf(bridge), topology.rivalsOf(nic)]).toEqual([[], []]);
  });

  it('never has another holder than what it is below, at any depth, and the other way round', () => {
    for (const one of all) for (const other of all) expect(rivalsOf(one).includes(other)).toBe(rivalsOf(other).includes(one));
    expect(addresses(rivalsOf(slice))).toEqual([vf.address, pf.address]);
  });

  it('ends where agents report a circle', () => {
    const [a, b] = [aDevice({ address: '1-1', kind: 'usb', parentDeviceId: '2'.repeat(20) }), aDevice({ address: '1-2', kind: 'usb' })];
    const circle = [
      { ...a, deviceId: '1'.repeat(20) },
      { ...b, deviceId: '2'.repeat(20), parentDeviceId: '1'.repeat(20) },
    ] as const;
    const topology = topologyOf(new Map(circle.map((device) => [device.deviceId, device])));
    expect([topology.subtreeOf(circle[0]), topology.rivalsOf(circle[0])]).toEqual([[circle[1]], [circle[1]]]);
  });
});

describe('a device that others are below', () => {
  const host = aHost(all);
  const codesOf = (device: DeviceObservation) => ineligibility(device, host).map(({ code }) => code);

  it('is offered through them: a controller, a function with mediated devices [cloudstack-22]', () => {
    expect([gpu, controller, disk, vf].map(codesOf)).toEqual([['NOT_LEAF'], ['NOT_LEAF'], ['NOT_LEAF'], ['NOT_LEAF']]);
    expect([...vgpus, stick, lun, slice, otherVf].flatMap(codesOf)).toEqual([]);
  });

  it('is given to who asks for its address, and takes them along', () => {
    expect(chosen(host, aWish([{ match: { address: controller.address } }]))).toEqual(['0000:00:14.0 device-0']);
    expect(addresses(affectedBy(controller, host))).toEqual(['1-4']);
    const held = aHost(all, { heldBy: { [controller.address]: 'vm-2' } });
    expect(codes(held, aWish([{ match: { kind: 'usb' } }]))).toEqual({ 'device-0': ['DEVICE_IN_USE'] });
  });

  it('is given to nobody else while one of them is held', () => {
    const held = aHost(all, { heldBy: { [stick.address]: 'vm-2', [vgpus[0]?.address ?? '']: 'vm-2', [slice.address]: 'vm-2' } });
    expect(codes(held, aWish([{ match: { address: controller.address } }]))).toEqual({ 'device-0': ['DEVICE_IN_USE'] });
    expect(codes(held, aWish([{ match: { address: gpu.address } }]))).toEqual({ 'device-0': ['DEVICE_IN_USE'] });
    expect(codes(held, aWish([{ match: { address: vf.address } }]))).toEqual({ 'device-0': ['DEVICE_IN_USE'] });
    expect(chosen(held, aWish([{ match: { kind: 'mdev', name: 'vgpu' } }]))).toEqual([`${vgpus[1]?.address} vgpu-0`]);
  });

  it('never goes to a VM together with one of them', () => {
    expect(codes(host, aWish([{ match: { address: controller.address } }, { match: { kind: 'usb' } }]))).not.toEqual({});
  });
});

describe('what is affected by giving a device away', () => {
  it('is the rest of its IOMMU group, and what is below each of it [aff-008]', () => {
    const audio = aDevice({ address: '0000:41:00.1', class: '040300', iommuGroup: 14 });
    const bridge = aDevice({ address: '0000:00:1c.0', class: '060400', iommuGroup: 14 });
    const host = aHost([audio, bridge, controller, stick]);
    expect(addresses(affectedBy(audio, host))).toEqual(['0000:00:14.0', '1-4']);
    expect(addresses(affectedBy(controller, host)).toSorted()).toEqual(['0000:41:00.1', '1-4']);
  });

  it('is only what is below it where groups do not count', () => {
    const audio = aDevice({ address: '0000:41:00.1', class: '040300', iommuGroup: 14 });
    expect(addresses(affectedBy(controller, aHost([audio, controller, stick], { unsafeIommuGroups: true })))).toEqual(['1-4']);
  });
});
