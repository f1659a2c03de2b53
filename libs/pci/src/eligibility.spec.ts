import { describe, expect, it } from '@jest/globals';
import type { DeviceObservation } from './device.js';
import { groupSpoiler, ineligibility, keptByHost, type Circumstances } from './eligibility.js';
import { aDevice, aHost, aPfWithVfs } from './testing.js';

const codesOf = (device: DeviceObservation, host: Circumstances): readonly string[] => ineligibility(device, host).map(({ code }) => code);
const alone = (over: Partial<DeviceObservation>): readonly string[] => {
  const device = aDevice(over);
  return codesOf(device, aHost([device]));
};

describe('a device', () => {
  it('is eligible when nothing speaks against it', () => {
    expect(alone({})).toEqual([]);
  });

  it.each([
    ['050000', 'memory'],
    ['060400', 'a bridge'],
    ['070002', 'a serial controller'],
    ['080600', 'a system peripheral'],
  ])('of class %s is not eligible, for it is %s', (pciClass) => {
    expect(alone({ class: pciClass })).toEqual(['CLASS_EXCLUDED']);
  });

  it.each(['020000', '030000', '010802', '0c0330', '120000'])('of class %s is eligible', (pciClass) => {
    expect(alone({ class: pciClass })).toEqual([]);
  });

  it('that the host itself uses is not eligible, and says for what', () => {
    const device = aDevice({ hostUse: [{ code: 'root-disk', detail: '/dev/nvme0n1p2' }] });
    expect(ineligibility(device, aHost([device]))).toEqual([{ code: 'HOST_USE', message: 'root-disk: /dev/nvme0n1p2' }]);
  });

  it('with virtual functions enabled is not eligible, whether it says so or they are seen', () => {
    expect(alone({ functionType: 'pf', totalVfs: 8, numVfs: 2 })).toEqual(['VFS_ENABLED']);
    const [pf, vf] = aPfWithVfs({ address: '0000:28:00.0', numVfs: 0 }, ['0000:28:02.0']) as [DeviceObservation, DeviceObservation];
    expect(codesOf(pf, aHost([pf, vf]))).toEqual(['VFS_ENABLED']);
    expect(codesOf(vf, aHost([pf, vf]))).toEqual([]);
  });

  it('that could have virtual functions and has none is eligible', () => {
    expect(alone({ functionType: 'pf', totalVfs: 8, numVfs: 0 })).toEqual([]);
  });

  it('with USB or SCSI devices below it is offered through these', () => {
    const controller = aDevice({ address: '0000:00:14.0', class: '0c0330' });
    const stick = aDevice({ address: '1-4', kind: 'usb', iommuGroup: null, parentDeviceId: controller.deviceId });
    const host = aHost([controller, stick]);
    expect(codesOf(controller, host)).toEqual(['NOT_LEAF']);
    expect(codesOf(stick, host)).toEqual([]);
  });

  it('in no IOMMU group is not eligible, unless it is no PCI device or its host takes the risk', () => {
    expect(alone({ iommuGroup: null })).toEqual(['NO_IOMMU']);
    expect(alone({ iommuGroup: null, kind: 'usb', address: '1-4' })).toEqual([]);
    const device = aDevice({ iommuGroup: null });
    expect(codesOf(device, aHost([device], { unsafeIommuGroups: true }))).toEqual([]);
  });

  it('that another one is mistaken for is not eligible', () => {
    expect(alone({ ambiguous: true })).toEqual(['AMBIGUOUS']);
  });

  it('that is cordoned, has vanished, or is on a silent host is not eligible', () => {
    const device = aDevice();
    expect(codesOf(device, aHost([device], { cordoned: new Set([device.deviceId]) }))).toEqual(['CORDONED']);
    expect(codesOf(device, aHost([device], { missing: new Set([device.deviceId]) }))).toEqual(['REMOVED']);
    expect(codesOf(device, aHost([device], { stale: true }))).toEqual(['HOST_STALE']);
  });

  it('of a registered model is not eligible on a host that takes no custom models, and names the model', () => {
    const device = aDevice();
    const modelOf = () => ({ model: 'H100', deviceType: 'accelerator', vendorId: '8086', productId: '1572' });
    expect(ineligibility(device, aHost([device], { modelOf, customDisabled: true }))).toEqual([
      { code: 'CUSTOM_DISABLED', message: 'of the model H100, and its host takes no custom models' },
    ]);
    expect(codesOf(device, aHost([device], { modelOf }))).toEqual([]);
    expect(codesOf(device, aHost([device], { customDisabled: true }))).toEqual([]);
  });

  it('tells every reason, not only the first', () => {
    const device = aDevice({ class: '070002', ambiguous: true, iommuGroup: null });
    expect(codesOf(device, aHost([device], { stale: true }))).toEqual(['AMBIGUOUS', 'CLASS_EXCLUDED', 'NO_IOMMU', 'HOST_STALE']);
  });
});

describe('an IOMMU group', () => {
  const gpu = aDevice({ address: '0000:41:00.0', class: '030000', iommuGroup: 7 });
  const besides = (over: Partial<DeviceObservation>): DeviceObservation => aDevice({ address: '0000:41:00.1', iommuGroup: 7, ...over });
  const codesWith = (member: DeviceObservation, over: Parameters<typeof aHost>[1] = {}): readonly string[] =>
    codesOf(gpu, aHost([gpu, member], over));

  it('is viable when its other functions can go along, whatever driver they have', () => {
    expect(codesWith(besides({ class: '040300', driver: 'snd_hda_intel' }))).toEqual([]);
  });

  it('is never blocked by its bridges', () => {
    expect(codesWith(besides({ class: '060400', driver: 'pcieport' }))).toEqual([]);
  });

  it.each<[string, Partial<DeviceObservation>]>([
    ['is in host use', { hostUse: [{ code: 'mounted', detail: '' }] }],
    ['has virtual functions enabled', { functionType: 'pf', numVfs: 1 }],
    ['may not be given away by its class', { class: '070002' }],
    ['is ambiguous', { ambiguous: true }],
  ])('is not viable when a member %s and is bound to a host driver', (_, over) => {
    expect(codesWith(besides({ ...over, driver: 'ixgbe' }))).toEqual(['GROUP_NOT_VIABLE']);
    expect(codesWith(besides({ ...over, driver: 'vfio-pci' }))).toEqual([]);
    expect(codesWith(besides({ ...over, driver: 'pci-stub' }))).toEqual([]);
    expect(codesWith(besides(over))).toEqual([]);
  });

  it('is not viable with a bound member of a registered model where its host takes none', () => {
    const member = besides({ driver: 'snd_hda_intel' });
    const modelOf = ({ deviceId }: DeviceObservation) =>
      deviceId === member.deviceId ? { model: 'Sound', deviceType: 'audio', vendorId: '8086', productId: '1572' } : undefined;
    expect(codesWith(member, { modelOf, customDisabled: true })).toEqual(['GROUP_NOT_VIABLE']);
    expect(codesWith(member, { modelOf })).toEqual([]);
  });

  it('is not viable when such a member is held, driver or not', () => {
    expect(codesWith(besides({ ambiguous: true }), { heldBy: { '0000:41:00.1': 'vm-1' } })).toEqual(['GROUP_NOT_VIABLE']);
  });

  it('is not viable with a cordoned member that is bound, until that is free a cordon counts for nothing', () => {
    const member = besides({ driver: 'snd_hda_intel' });
    const cordoned = new Set([member.deviceId]);
    expect(codesWith(member, { cordoned })).toEqual(['GROUP_NOT_VIABLE']);
    expect(codesWith(member, { cordoned, heldBy: { '0000:41:00.1': 'vm-1' } })).toEqual([]);
  });

  it('is not viable when a member belongs to a PF that somebody holds', () => {
    const [pf, vf] = aPfWithVfs({ address: '0000:28:00.0' }, ['0000:28:02.0']) as [DeviceObservation, DeviceObservation];
    const member = { ...vf, iommuGroup: 7, driver: 'ixgbevf' };
    const host = aHost([gpu, pf, member], { heldBy: { '0000:28:00.0': 'vm-1' } });
    expect(ineligibility(gpu, host)).toEqual([
      { code: 'GROUP_NOT_VIABLE', message: '0000:28:02.0 in IOMMU group 7 belongs with 0000:28:00.0, which vm-1 holds' },
    ]);
    expect(keptByHost(member, host, 'vm-1')).toBeUndefined();
  });

  it('does not matter on a host that takes the risk', () => {
    expect(codesWith(besides({ hostUse: [{ code: 'mounted', detail: '' }], driver: 'nvme' }), { unsafeIommuGroups: true })).toEqual([]);
  });

  it('names the member that spoils it', () => {
    const disk = besides({ hostUse: [{ code: 'root-disk', detail: '' }], driver: 'nvme' });
    const host = aHost([gpu, disk]);
    expect(groupSpoiler(gpu, host, (member) => keptByHost(member, host))).toEqual({
      member: disk,
      because: 'is in host use (root-disk)',
      hostUse: true,
    });
  });

  it('is not spoiled for a PF by its own virtual functions, which vanish with its driver', () => {
    const [pf, vf] = aPfWithVfs({ address: '0000:28:00.0', iommuGroup: 7 }, ['0000:28:02.0']) as [DeviceObservation, DeviceObservation];
    const host = aHost([pf, { ...vf, iommuGroup: 7, driver: 'ixgbevf', ambiguous: true }]);
    expect(codesOf(pf, host)).toEqual(['VFS_ENABLED']);
  });
});
