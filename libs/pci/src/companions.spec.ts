import { describe, expect, it } from '@jest/globals';
import { companions, companionship, exclusions } from './companions.js';
import type { DeviceObservation } from './device.js';
import { keptByHost, type Circumstances } from './eligibility.js';
import { aDevice, aHost, aPfWithVfs } from './testing.js';

const gpu = aDevice({ address: '0000:41:00.0', iommuGroup: 7 });
const audio = aDevice({ address: '0000:41:00.1', iommuGroup: 7 });
const addresses = (devices: readonly DeviceObservation[]): readonly string[] => devices.map(({ address }) => address).toSorted();

describe('a device', () => {
  it('brings the rest of its IOMMU group along', () => {
    const bridge = aDevice({ address: '0000:40:01.0', class: '060400', iommuGroup: 7 });
    expect(addresses(companions(gpu, aHost([gpu, audio, bridge, aDevice()])))).toEqual(['0000:41:00.1']);
  });

  it('brings nothing along that has vanished, that the host keeps, or where groups do not count', () => {
    expect(companions(gpu, aHost([gpu, audio], { missing: new Set([audio.deviceId]) }))).toEqual([]);
    expect(companions(gpu, aHost([gpu, { ...audio, ambiguous: true }]))).toEqual([]);
    expect(companions(gpu, aHost([gpu, audio], { unsafeIommuGroups: true }))).toEqual([]);
    expect(companions({ ...gpu, iommuGroup: null }, aHost([audio]))).toEqual([]);
  });

  it('does not bring its own VFs along: they vanish with its driver', () => {
    const [pf, vf] = aPfWithVfs({ address: '0000:28:00.0' }, ['0000:28:02.0']).map((device) => ({ ...device, iommuGroup: 3 })) as [
      DeviceObservation,
      DeviceObservation,
    ];
    expect(companions(pf, aHost([pf, vf]))).toEqual([]);
  });
});

describe('devices that may not go to one VM together', () => {
  const excludedBy = (host: Circumstances, device: DeviceObservation): readonly string[] => {
    const along = companionship(host, (member) => keptByHost(member, host));
    return addresses(exclusions(host.topology.devices.values(), along)(device));
  };
  const [pf, vf1, vf2] = aPfWithVfs({ address: '0000:28:00.0' }, ['0000:28:02.0', '0000:28:02.1']) as [
    DeviceObservation,
    DeviceObservation,
    DeviceObservation,
  ];

  it('are a PF and each of its VFs', () => {
    const host = aHost([pf, vf1, vf2, gpu]);
    expect(excludedBy(host, pf)).toEqual(['0000:28:02.0', '0000:28:02.1']);
    expect(excludedBy(host, vf1)).toEqual(['0000:28:00.0']);
    expect(excludedBy(host, gpu)).toEqual([]);
  });

  it('are a controller and each device below it', () => {
    const controller = aDevice({ address: '0000:00:14.0' });
    const stick = aDevice({ address: '1-4', kind: 'usb', iommuGroup: null, parentDeviceId: controller.deviceId });
    expect(excludedBy(aHost([controller, stick]), controller)).toEqual(['1-4']);
    expect(excludedBy(aHost([controller, stick]), stick)).toEqual(['0000:00:14.0']);
  });

  it('are a PF and whatever brings one of its VFs along, said by both', () => {
    const member = { ...vf1, iommuGroup: 7 };
    const host = aHost([pf, member, vf2, gpu]);
    expect(excludedBy(host, pf)).toEqual(['0000:28:02.0', '0000:28:02.1', '0000:41:00.0']);
    expect(excludedBy(host, gpu)).toEqual(['0000:28:00.0']);
    expect(excludedBy(host, member)).toEqual(['0000:28:00.0']);
  });

  it('are a PF and its VFs in one group as well', () => {
    const [parent, child, other] = [pf, vf1, vf2].map((device) => ({ ...device, iommuGroup: 3 })) as [
      DeviceObservation,
      DeviceObservation,
      DeviceObservation,
    ];
    const host = aHost([parent, child, other]);
    expect(excludedBy(host, parent)).toEqual(['0000:28:02.0', '0000:28:02.1']);
    expect(excludedBy(host, child)).toEqual(['0000:28:00.0']);
  });

  it('are only those that anybody asks about', () => {
    const host = aHost([pf, vf1, vf2]);
    const along = companionship(host, () => undefined);
    expect(addresses(exclusions([pf, vf2], along)(pf))).toEqual(['0000:28:02.1']);
  });
});
