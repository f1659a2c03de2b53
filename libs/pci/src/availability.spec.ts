import { describe, expect, it } from '@jest/globals';
import { unavailability, type Asking } from './availability.js';
import type { DeviceObservation } from './device.js';
import type { Circumstances } from './eligibility.js';
import { aDevice, aHost, aPfWithVfs } from './testing.js';

const asking = (over: Partial<Asking> = {}): Asking => ({ vmId: 'vm-1', forPf: false, byAddress: false, forRemote: false, ...over });
const codeFor = (device: DeviceObservation, host: Circumstances, over: Partial<Asking> = {}): string | undefined =>
  unavailability(device, host, asking(over))?.code;

const [pf, vf1, vf2] = aPfWithVfs({ address: '0000:28:00.0' }, ['0000:28:02.0', '0000:28:02.1']) as [
  DeviceObservation,
  DeviceObservation,
  DeviceObservation,
];

describe('a VM that asks for a device', () => {
  it('may have one that is free', () => {
    expect(codeFor(vf1, aHost([pf, vf1, vf2]))).toBeUndefined();
  });

  it('may not have what another VM holds', () => {
    const host = aHost([pf, vf1, vf2], { heldBy: { '0000:28:02.0': 'vm-2' } });
    expect(unavailability(vf1, host, asking())).toEqual({ code: 'DEVICE_IN_USE', message: 'held by vm-2' });
    expect(codeFor(vf2, host)).toBeUndefined();
  });

  it('may have again what it holds itself, cordoned or not', () => {
    const heldBy = { '0000:28:02.0': 'vm-1' };
    expect(codeFor(vf1, aHost([pf, vf1], { heldBy }))).toBeUndefined();
    const cordoned = new Set([vf1.deviceId]);
    expect(codeFor(vf1, aHost([pf, vf1], { heldBy, cordoned }))).toBeUndefined();
    expect(codeFor(vf1, aHost([pf, vf1], { cordoned }))).toBe('CORDONED');
  });

  it('may not have what has vanished, though it holds it', () => {
    expect(codeFor(vf1, aHost([pf, vf1], { heldBy: { '0000:28:02.0': 'vm-1' }, missing: new Set([vf1.deviceId]) }))).toBe('REMOVED');
  });

  it('may not have a VF whose PF another VM holds, nor a PF of which another VM holds a VF', () => {
    expect(codeFor(vf1, aHost([pf, vf1, vf2], { heldBy: { '0000:28:00.0': 'vm-2' } }))).toBe('PF_IN_USE');
    expect(codeFor(pf, aHost([pf, vf1, vf2], { heldBy: { '0000:28:02.1': 'vm-2' } }), { forPf: true })).toBe('VFS_IN_USE');
  });

  it('may have the PF of VFs that it holds itself, for these count as free', () => {
    expect(codeFor(pf, aHost([pf, vf1, vf2], { heldBy: { '0000:28:02.1': 'vm-1' } }), { forPf: true })).toBeUndefined();
    expect(codeFor(vf1, aHost([pf, vf1, vf2], { heldBy: { '0000:28:00.0': 'vm-1' } }))).toBeUndefined();
  });

  it('may have a PF with VFs enabled only when it says that it means the PF', () => {
    expect(codeFor(pf, aHost([pf, vf1]))).toBe('VFS_ENABLED');
    expect(codeFor(pf, aHost([pf, vf1]), { forPf: true })).toBeUndefined();
  });

  it('may have a controller only by its address, and not while another VM holds a device below it', () => {
    const controller = aDevice({ address: '0000:00:14.0', class: '0c0330' });
    const stick = aDevice({ address: '1-4', kind: 'usb', iommuGroup: null, parentDeviceId: controller.deviceId });
    expect(codeFor(controller, aHost([controller, stick]))).toBe('NOT_LEAF');
    expect(codeFor(controller, aHost([controller, stick]), { byAddress: true })).toBeUndefined();
    expect(codeFor(controller, aHost([controller, stick], { heldBy: { '1-4': 'vm-2' } }), { byAddress: true })).toBe('DEVICE_IN_USE');
    expect(codeFor(stick, aHost([controller, stick], { heldBy: { '0000:00:14.0': 'vm-2' } }))).toBe('DEVICE_IN_USE');
  });

  it('may not have a member of a group that another VM has, unless the host takes the risk', () => {
    const gpu = aDevice({ address: '0000:41:00.0', class: '030000', iommuGroup: 7 });
    const audio = aDevice({ address: '0000:41:00.1', class: '040300', iommuGroup: 7 });
    const heldBy = { '0000:41:00.1': 'vm-2' };
    expect(codeFor(gpu, aHost([gpu, audio], { heldBy }))).toBe('IOMMU_GROUP_IN_USE');
    expect(codeFor(gpu, aHost([gpu, audio], { heldBy, unsafeIommuGroups: true }))).toBeUndefined();
    expect(codeFor(gpu, aHost([gpu, audio], { heldBy: { '0000:41:00.1': 'vm-1' } }))).toBeUndefined();
  });

  it('is told apart whether the host uses a member of the group, or the group is not viable otherwise', () => {
    const gpu = aDevice({ address: '0000:41:00.0', class: '030000', iommuGroup: 7 });
    const member = aDevice({ address: '0000:41:00.1', iommuGroup: 7, driver: 'nvme' });
    expect(codeFor(gpu, aHost([gpu, { ...member, hostUse: [{ code: 'mounted', detail: '/' }] }]))).toBe('IOMMU_GROUP_HOST_USE');
    expect(codeFor(gpu, aHost([gpu, { ...member, ambiguous: true }]))).toBe('GROUP_NOT_VIABLE');
  });

  it.each<[string, Partial<DeviceObservation>, Partial<Circumstances>]>([
    ['NO_IOMMU', { iommuGroup: null }, {}],
    ['HOST_USE', { hostUse: [{ code: 'excluded', detail: '' }] }, {}],
    ['CLASS_EXCLUDED', { class: '060000' }, {}],
    ['AMBIGUOUS', { ambiguous: true }, {}],
    ['HOST_STALE', {}, { stale: true }],
  ])('is told %s', (code, over, circumstances) => {
    const device = aDevice(over);
    expect(codeFor(device, { ...aHost([device]), ...circumstances })).toBe(code);
  });
});
