import { describe, expect, it } from '@jest/globals';
import type { DeviceRequest } from './device-request.js';
import { aDevice, aHost, aWish, chosen, codes } from './testing.js';

// As `peers.spec.ts`: situations that systems of this field know, each with the case it was made of. Here: VMs that say on
// which NUMA nodes they are.

const nic = aDevice;
/** Two near node 0, one near node 1, one that says nothing; and of vendor 1a04 one of each. */
const kinds = [
  nic({ address: '0000:00:00.1', vendorId: '1a01', numaNode: 0 }),
  nic({ address: '0000:00:00.2', vendorId: '1a02', numaNode: 1 }),
  nic({ address: '0000:00:00.3', vendorId: '1a01', numaNode: 0 }),
  nic({ address: '0000:00:00.4', vendorId: '1a03', numaNode: null }),
  nic({ address: '0000:00:01.0', vendorId: '1a04', numaNode: 0 }),
  nic({ address: '0000:00:01.1', vendorId: '1a04', numaNode: 1 }),
  nic({ address: '0000:00:01.2', vendorId: '1a04', numaNode: null }),
];
const nodeOne = [nic({ address: '0000:81:00.0', vendorId: '8086', numaNode: 1 })];
const of = (vendorId: string, numaPolicy?: DeviceRequest['numaPolicy'], count = 1): DeviceRequest => ({
  name: vendorId,
  match: { vendorId },
  count,
  ...(numaPolicy && { numaPolicy }),
});

describe('a VM of some NUMA nodes', () => {
  it.each<[string, readonly DeviceRequest[], number, typeof kinds, readonly string[]]>([
    ['of unknown node where its policy says nothing [numa-policy-03]', [of('1a03')], 0, kinds, ['0000:00:00.4 1a03']],
    ['of unknown node by legacy [numa-policy-04]', [of('1a03', 'legacy')], 0, kinds, ['0000:00:00.4 1a03']],
    [
      'of the wrong node too by preference, beside one of its own [numa-policy-06]',
      [of('1a01', 'preferred'), of('1a02', 'preferred')],
      0,
      kinds,
      ['0000:00:00.1 1a01', '0000:00:00.2 1a02'],
    ],
    ['of its own node by legacy, before the one of unknown node [numa-policy-09]', [of('1a04', 'legacy')], 0, kinds, ['0000:00:01.0 1a04']],
    ['of its other node by legacy as well [numa-policy-09]', [of('1a04', 'legacy')], 1, kinds, ['0000:00:01.1 1a04']],
    ['of unknown node by legacy where none is on its own [numa-policy-10]', [of('1a04', 'legacy')], 999, kinds, ['0000:00:01.2 1a04']],
    ['of another node by preference where there is no other [numa-policy-14]', [of('1a02', 'preferred')], 0, kinds, ['0000:00:00.2 1a02']],
    [
      'of its own node by preference, then of unknown node [numa-policy-15]',
      [of('1a04', 'preferred', 2)],
      0,
      kinds,
      ['0000:00:01.0 1a04', '0000:00:01.2 1a04'],
    ],
    ['that is the only one, on its own node, by legacy [numa-policy-26]', [of('8086', 'legacy')], 1, nodeOne, ['0000:81:00.0 8086']],
    ['that is the only one, on its own node, where that is required [numa-policy-29]', [of('8086', 'required')], 1, nodeOne, ['0000:81:00.0 8086']],
  ])('is given a device %s', (_, requests, node, devices, expected) => {
    expect(chosen(aHost(devices), aWish(requests, { numaNodes: [node] }))).toEqual(expected);
  });

  // What a policy that is not said means differs: theirs is legacy, ours is preferred.
  it('is refused both devices where one is of another node and its policy is legacy [numa-policy-02]', () => {
    const wish = aWish([of('1a01', 'legacy'), of('1a02', 'legacy')], { numaNodes: [0] });
    expect(codes(aHost(kinds), wish)).toEqual({ '1a02': ['NUMA_MISMATCH'] });
  });

  it('is refused where its node is required and has none, be it that one is of unknown node [numa-policy-08]', () => {
    expect(codes(aHost(kinds), aWish([of('1a04', 'required')], { numaNodes: [999] }))).toEqual({ '1a04': ['NUMA_MISMATCH'] });
  });

  it.each(['legacy', 'preferred'] as const)('is given two that are both near it, where others would share as much and are not [%s]', (numaPolicy) => {
    const zoned = (address: string, zone: string, numaNode: number | null) => nic({ address, numaNode, tags: { zone } });
    const near = [zoned('0000:03:00.0', 'b', 0), zoned('0000:04:00.0', 'b', 0)];
    const mixed = [zoned('0000:01:00.0', 'a', 0), zoned('0000:02:00.0', 'a', null)];
    const far = [zoned('0000:00:02.0', 'c', 0), zoned('0000:00:03.0', 'c', 1)];
    const two: DeviceRequest = { name: 'two', match: { kind: 'pci' }, count: 2, together: ['tags.zone'], numaPolicy };
    const given = (...devices: (typeof kinds)[]) => chosen(aHost(devices.flat()), aWish([two], { numaNodes: [0] }));
    expect(given(mixed, near, far)).toEqual(['0000:03:00.0 two', '0000:04:00.0 two']);
    expect(given(far, mixed)).toEqual(['0000:01:00.0 two', '0000:02:00.0 two']);
  });
});
