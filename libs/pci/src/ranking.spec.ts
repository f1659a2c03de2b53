import { describe, expect, it } from '@jest/globals';
import type { Wish } from './ask.js';
import type { DeviceObservation } from './device.js';
import type { DeviceRequest } from './device-request.js';
import { aDevice, aHost, aPfWithVfs, aWish, chosen } from './testing.js';

const nic = (bus: string, over: Partial<DeviceObservation> = {}): DeviceObservation => aDevice({ address: `0000:${bus}:00.0`, name: 'NIC', ...over });
const take = (devices: readonly DeviceObservation[], over: Partial<Wish> = {}, request: DeviceRequest = { device: 'NIC' }): readonly string[] =>
  chosen(aHost(devices), aWish([request], over)).map((text) => text.replace(/ NIC-0| 10GE-0/, '').replace(/^0000:/, ''));

describe('the device that does the least harm', () => {
  const rare = { liveMigratable: true, tags: { fast: 'yes' } };

  it('is on the VM’s NUMA node, whatever else it is', () => {
    expect(take([nic('01', { numaNode: 1 }), nic('02', { numaNode: 0, ...rare })], { numaNodes: [0] })).toEqual(['02:00.0']);
  });

  it('brings little else along: of small IOMMU groups rather than of large ones', () => {
    const group = [
      nic('01', { iommuGroup: 1 }),
      aDevice({ address: '0000:01:00.1', iommuGroup: 1 }),
      aDevice({ address: '0000:01:00.2', iommuGroup: 1 }),
    ];
    const pair = [nic('02', { iommuGroup: 2 }), aDevice({ address: '0000:02:00.1', iommuGroup: 2 })];
    expect(take([...group, ...pair, nic('03', rare)])).toEqual(['03:00.0']);
    expect(take([...group, ...pair])).toEqual(['02:00.0', '02:00.1 affected']);
  });

  it('is a VF of the PF that has the fewest left, so that whole PFs stay free', () => {
    const full = aPfWithVfs({ address: '0000:28:00.0' }, ['0000:28:02.0', '0000:28:02.1']);
    const half = aPfWithVfs({ address: '0000:29:00.0' }, ['0000:29:02.0', '0000:29:02.1', '0000:29:02.2']);
    const host = aHost([...full, ...half], { heldBy: { '0000:29:02.0': 'vm-2', '0000:29:02.1': 'vm-2' } });
    expect(chosen(host, aWish([{ device: '10GE' }]))).toEqual(['0000:29:02.2 10GE-0']);
  });

  it('is of an untouched PF before it is a VF of several abilities? No: the fullest PF counts more', () => {
    const special = aPfWithVfs({ address: '0000:28:00.0' }, ['0000:28:02.0', '0000:28:02.1']).map((device) => ({ ...device, ...rare }));
    const plain = aPfWithVfs({ address: '0000:29:00.0' }, ['0000:29:02.0', '0000:29:02.1']);
    const host = aHost([...special, ...plain], { heldBy: { '0000:28:02.0': 'vm-2' } });
    expect(chosen(host, aWish([{ device: '10GE' }]))).toEqual(['0000:28:02.1 10GE-0']);
  });

  it('is the plain one rather than one of rarer abilities', () => {
    expect(take([nic('01', { liveMigratable: true }), nic('02', { tags: { fast: 'yes' } }), nic('03')])).toEqual(['03:00.0']);
    expect(take([nic('01', rare), nic('02', { tags: { fast: 'yes' } })])).toEqual(['02:00.0']);
  });

  it('has the lowest address, where nothing else tells them apart: by number, domain first', () => {
    const low = aDevice({ address: '0000:0a:1f.7', name: 'NIC' });
    expect(take([nic('b0'), low, aDevice({ address: '0001:00:00.0', name: 'NIC' })])).toEqual(['0a:1f.7']);
    const usb = (address: string): DeviceObservation => aDevice({ kind: 'usb', address, deviceId: address, name: 'NIC', iommuGroup: null });
    expect(take([usb('1-10'), usb('1-9')])).toEqual(['1-9']);
  });
});

describe('a VM whose offering spreads', () => {
  const two = [
    ...aPfWithVfs({ address: '0000:28:00.0' }, ['0000:28:02.0', '0000:28:02.1', '0000:28:02.2']),
    ...aPfWithVfs({ address: '0000:29:00.0' }, ['0000:29:02.0', '0000:29:02.1', '0000:29:02.2']),
  ];
  const over = { strategy: 'spread' } as const;

  it('gets a VF of the emptiest PF', () => {
    const host = aHost(two, { heldBy: { '0000:28:02.0': 'vm-2' } });
    expect(chosen(host, aWish([{ device: '10GE' }], over))).toEqual(['0000:29:02.0 10GE-0']);
    expect(chosen(host, aWish([{ device: '10GE' }], { strategy: 'pack' }))).toEqual(['0000:28:02.1 10GE-0']);
  });

  it('gets VFs of several PFs in turn', () => {
    expect(take(two, over, { device: '10GE', count: 2 })).toEqual(['28:02.0', '29:02.0']);
    expect(take(two, over, { device: '10GE', count: 3 })).toEqual(['28:02.0', '28:02.1', '29:02.0']);
    expect(take(two, {}, { device: '10GE', count: 2 })).toEqual(['28:02.0', '28:02.1']);
  });

  it('gets no fewer for it', () => {
    expect(take(two, over, { device: '10GE', count: 6 })).toHaveLength(6);
  });
});

describe('devices that are kept for a tenant', () => {
  const kept = nic('02', { tags: { tenant: 'acme, zenith' } });

  it('are the first that its VMs use, so that others keep the rest', () => {
    expect(take([nic('01'), kept], { tenant: 'acme' })).toEqual(['02:00.0']);
    expect(take([nic('01'), kept], { tenant: 'zenith' })).toEqual(['02:00.0']);
  });

  it('go to nobody else', () => {
    expect(take([nic('03'), kept], { tenant: 'other' })).toEqual(['03:00.0']);
    expect(take([nic('03'), kept])).toEqual(['03:00.0']);
  });
});

describe('what goes along in an IOMMU group', () => {
  const gpu = aDevice({ address: '0000:41:00.0', name: 'GPU', class: '030000', iommuGroup: 7 });
  const sound = aDevice({ address: '0000:41:00.1', class: '040300', iommuGroup: 7 });
  const lone = aDevice({ address: '0000:01:00.0', class: '040300' });
  const anySound = { name: 'sound', match: { class: '0403' } };

  it('serves a request that it satisfies, though another device would do less harm by itself', () => {
    expect(chosen(aHost([lone, gpu, sound]), aWish([{ device: 'GPU' }, anySound]))).toEqual(['0000:41:00.0 GPU-0', '0000:41:00.1 sound']);
    expect(chosen(aHost([lone, gpu, sound]), aWish([anySound, { device: 'GPU' }]))).toEqual(['0000:41:00.0 GPU-0', '0000:41:00.1 sound']);
  });

  it('is only a part of what is asked where more is asked', () => {
    const wish = aWish([{ device: 'GPU' }, { ...anySound, count: 2 }]);
    expect(chosen(aHost([lone, gpu, sound]), wish)).toEqual(['0000:01:00.0 sound', '0000:41:00.0 GPU-0', '0000:41:00.1 sound']);
  });

  it('does not serve a request that it does not satisfy', () => {
    const near = { ...lone, numaNode: 0 };
    const wish = aWish([{ device: 'GPU' }, { ...anySound, match: { class: '0403', numaNode: 0 } }]);
    expect(chosen(aHost([near, gpu, sound]), wish)).toEqual(['0000:01:00.0 sound', '0000:41:00.0 GPU-0', '0000:41:00.1 GPU-0 affected']);
  });

  it('goes to nobody whose tenant may not have it', () => {
    const host = aHost([gpu, { ...sound, tags: { tenant: 'acme' } }]);
    expect(chosen(host, aWish([{ device: 'GPU' }], { tenant: 'acme' }))).toHaveLength(2);
    expect(() => chosen(host, aWish([{ device: 'GPU' }]))).toThrow('RESERVED_FOR_TENANT');
  });
});
