import { describe, expect, it } from '@jest/globals';
import { aDevice, aHost, aPfWithVfs, aWish, chosen, codes } from './testing.js';

// More situations that systems of this field know from their own tests and faults: what belongs together, and what does
// not. Each title ends with the case it was made of.

const nic = aDevice;
const any = { match: { kind: 'pci' } };

describe('PFs of which all VFs are given', () => {
  it('are not free any more, though nobody asked for them [pf-vf-exclusivity-06]', () => {
    const vfs = (pf: number): string[] => [0, 1, 2, 3].map((n) => `0000:81:1${pf}.${n}`);
    const devices = [0, 1].flatMap((pf) => aPfWithVfs({ address: `0000:81:00.${pf}` }, vfs(pf), 'VF'));
    const all = chosen(aHost(devices), aWish([{ device: 'VF', count: 8 }]));
    expect(all).toHaveLength(8);
    const host = aHost(devices, { heldBy: Object.fromEntries([...vfs(0), ...vfs(1)].map((address) => [address, 'vm-2'])) });
    expect(codes(host, aWish([{ match: { functionType: 'pf' } }]))).toEqual({ 'device-0': ['VFS_IN_USE'] });
  });
});

describe('devices of which two are the same', () => {
  const twins = [nic({ address: '0000:01:00.0', ambiguous: true }), nic({ address: '0000:02:00.0', ambiguous: true })];

  it('are passed over as long as there is another, and told as the reason when there is none [dra-16]', () => {
    const other = nic({ address: '0000:03:00.0' });
    expect(chosen(aHost([...twins, other]), aWish([any]))).toEqual(['0000:03:00.0 device-0']);
    const host = aHost([...twins, other], { heldBy: { '0000:03:00.0': 'vm-2' } });
    expect(codes(host, aWish([any]))).toEqual({ 'device-0': ['AMBIGUOUS', 'DEVICE_IN_USE'] });
  });
});

describe('VFs of one slot', () => {
  const vfs = [0, 1, 2].map((n) =>
    nic({ address: `0003:01:10.${n}`, vendorId: '15b3', functionType: 'vf', vfIndex: n, parentDeviceId: 'pf', iommuGroup: 20 + n }),
  );

  it('are not each other’s company: only an IOMMU group is [conf-009]', () => {
    expect(chosen(aHost(vfs), aWish([{ match: { address: '0003:01:10.0' } }]))).toEqual(['0003:01:10.0 device-0']);
    const host = aHost(vfs, { heldBy: { '0003:01:10.1': 'vm-1', '0003:01:10.2': 'vm-2' } });
    expect(chosen(host, aWish([{ match: { address: ['0003:01:10.0', '0003:01:10.1'] }, count: 2 }]))).toHaveLength(2);
  });
});

describe('a member of an IOMMU group that was asked for', () => {
  const usb = ['0000:00:0d.0', '0000:00:0d.2', '0000:00:0d.3'].map((address) => nic({ address, class: '0c0330', iommuGroup: 8 }));
  const want = (address: string) => ({ name: address.slice(-4), match: { address } });

  it('only goes along when it is not asked for any more and another one is [conf-003]', () => {
    const heldBy = Object.fromEntries(usb.map(({ address }) => [address, 'vm-1']));
    expect(chosen(aHost(usb, { heldBy }), aWish([want('0000:00:0d.2')]))).toEqual([
      '0000:00:0d.0 0d.2 affected',
      '0000:00:0d.2 0d.2',
      '0000:00:0d.3 0d.2 affected',
    ]);
  });
});

describe('a VF of a PF that reaches no network', () => {
  const host = aHost(aPfWithVfs({ address: '0000:05:00.0' }, ['0000:05:10.0'], 'VF'));

  it('serves nobody who names a network [vf-003], and whoever names none [vf-006]', () => {
    expect(codes(host, aWish([{ match: { physicalNetwork: 'net1', functionType: 'vf' } }]))).toEqual({ 'device-0': ['NO_MATCH'] });
    expect(chosen(host, aWish([{ match: { functionType: 'vf' } }]))).toEqual(['0000:05:10.0 device-0']);
  });
});

describe('a device that a stub driver holds and no VM', () => {
  it('is given: it was left so by whoever had it before [life-004]', () => {
    for (const driver of ['vfio-pci', 'pci-stub'])
      expect(chosen(aHost([nic({ address: '0000:00:01.0', class: '028000', driver })]), aWish([any]))).toEqual(['0000:00:01.0 device-0']);
  });
});

describe('what devices must share', () => {
  const onNodes = aHost([0, 1].map((numaNode) => nic({ address: `0000:0${numaNode + 1}:00.0`, numaNode })));
  const pair = { match: { kind: 'pci' }, count: 2 };
  const shared = { together: ['numaNode'] };

  it('holds for the alternative that says it, and not for the next one [dra-30]', () => {
    expect(chosen(onNodes, aWish([{ name: 'r1', firstAvailable: [{ ...pair, ...shared }, pair] }]))).toEqual(['0000:01:00.0 r1', '0000:02:00.0 r1']);
  });

  it('holds for every alternative where it stands beside them [dra-30]', () => {
    expect(codes(onNodes, aWish([{ name: 'r1', firstAvailable: [pair, pair], ...shared }]))).toEqual({ r1: ['NOT_TOGETHER'] });
  });
});
