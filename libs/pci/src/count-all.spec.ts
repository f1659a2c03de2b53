import { describe, expect, it } from '@jest/globals';
import { aDevice, aHost, aPfWithVfs, aWish, chosen, codes, refused } from './testing.js';

const nics = ['01', '02', '03'].map((bus, index) => aDevice({ address: `0000:${bus}:00.0`, name: 'NIC', numaNode: index % 2 }));
const all = { device: 'NIC', count: 'all' } as const;

describe('a request for all', () => {
  it('gets every device that matches', () => {
    expect(chosen(aHost([...nics, aDevice({ address: '0000:09:00.0' })]), aWish([all]))).toEqual([
      '0000:01:00.0 NIC-0',
      '0000:02:00.0 NIC-0',
      '0000:03:00.0 NIC-0',
    ]);
  });

  it('gets more than 64, if there are more', () => {
    const many = Array.from({ length: 100 }, (_, index) => aDevice({ address: `0000:${(index + 16).toString(16)}:00.0`, name: 'NIC' }));
    expect(chosen(aHost(many), aWish([all]))).toHaveLength(100);
  });

  it('is refused where one of them is in use', () => {
    expect(refused(aHost(nics, { heldBy: { '0000:02:00.0': 'vm-2' } }), aWish([all]))).toEqual([
      { requestName: 'NIC-0', asked: 3, matched: 3, free: 2, reasons: [{ code: 'DEVICE_IN_USE', count: 1, example: '0000:02:00.0: held by vm-2' }] },
    ]);
  });

  it('is refused where something in use excludes one of them: its IOMMU group, its PF', () => {
    const grouped = nics.map((device) => ({ ...device, iommuGroup: device.address.includes(':03:') ? 7 : device.iommuGroup }));
    const other = aDevice({ address: '0000:0a:00.0', iommuGroup: 7 });
    expect(codes(aHost([...grouped, other], { heldBy: { '0000:0a:00.0': 'vm-2' } }), aWish([all]))).toEqual({ 'NIC-0': ['IOMMU_GROUP_IN_USE'] });
    const vfs = aPfWithVfs({ address: '0000:28:00.0' }, ['0000:28:02.0', '0000:28:02.1']);
    expect(codes(aHost(vfs, { heldBy: { '0000:28:00.0': 'vm-2' } }), aWish([{ device: '10GE', count: 'all' }]))).toEqual({ '10GE-0': ['PF_IN_USE'] });
  });

  it('counts what the VM holds itself as free', () => {
    expect(chosen(aHost(nics, { heldBy: { '0000:02:00.0': 'vm-1' } }), aWish([all]))).toHaveLength(3);
  });

  it('is no fit where there is none', () => {
    expect(refused(aHost([aDevice()]), aWish([all]))).toEqual([
      { requestName: 'NIC-0', asked: 1, matched: 0, free: 0, reasons: [{ code: 'NO_MATCH', count: 1, example: 'no device matches' }] },
    ]);
  });

  it('does not mean what nobody may have', () => {
    const host = aHost(
      nics.map((device, index) => (index === 0 ? { ...device, hostUse: [{ code: 'default-route', detail: '' }] } : device)),
      { cordoned: new Set([nics[1]?.deviceId as string]) },
    );
    expect(chosen(host, aWish([all]))).toEqual(['0000:03:00.0 NIC-0']);
    expect(codes(aHost(nics, { cordoned: new Set(nics.map(({ deviceId }) => deviceId)) }), aWish([all]))).toEqual({ 'NIC-0': ['CORDONED'] });
  });

  it('means those that are near enough, whoever has the others', () => {
    const wish = aWish([{ ...all, numaPolicy: 'required' }], { numaNodes: [0] });
    expect(chosen(aHost(nics), wish)).toEqual(['0000:01:00.0 NIC-0', '0000:03:00.0 NIC-0']);
    expect(chosen(aHost(nics, { heldBy: { '0000:02:00.0': 'vm-2' } }), wish)).toHaveLength(2);
    expect(codes(aHost(nics, { heldBy: { '0000:03:00.0': 'vm-2' } }), wish)).toEqual({ 'NIC-0': ['NUMA_MISMATCH', 'DEVICE_IN_USE'] });
  });

  it('means those too that have not what they are to share: then it is refused', () => {
    expect(codes(aHost([...nics, aDevice({ address: '0000:05:00.0', name: 'NIC' })]), aWish([{ ...all, apart: ['numaNode'] }]))).toEqual({
      'NIC-0': ['ATTRIBUTE_MISSING'],
    });
    expect(codes(aHost(nics), aWish([{ ...all, together: ['numaNode'] }]))).toEqual({ 'NIC-0': ['NOT_TOGETHER'] });
    expect(codes(aHost(nics), aWish([{ ...all, apart: ['numaNode'] }]))).toEqual({ 'NIC-0': ['NOT_APART'] });
  });

  it('is not served by fewer because a quota forbids the rest', () => {
    const wish = aWish([all], { objection: ({ address }) => (address.includes(':03:') ? 'the quota is used up' : undefined) });
    expect(codes(aHost(nics), wish)).toEqual({ 'NIC-0': ['QUOTA_EXCEEDED'] });
  });

  it('leaves nothing of them to another request', () => {
    expect(codes(aHost(nics), aWish([all, { name: 'one', device: 'NIC' }]))).toEqual({
      'NIC-0': ['TAKEN_BY_OTHER_REQUEST'],
      one: ['TAKEN_BY_OTHER_REQUEST'],
    });
  });
});
