import { describe, expect, it } from '@jest/globals';
import type { DeviceRequest, NumaPolicy } from './device-request.js';
import type { DeviceObservation } from './device.js';
import { aDevice, aHost, aWish, chosen, codes, refused } from './testing.js';

/** Nodes 0 and 1 are on one socket, 2 and 3 on another. */
const SOCKETS = new Map([
  [0, 0],
  [1, 0],
  [2, 1],
  [3, 1],
]);
const nic = (bus: string, numaNode: number | null, more: Partial<DeviceObservation> = {}): DeviceObservation =>
  aDevice({ address: `0000:${bus}:00.0`, name: 'NIC', numaNode, ...more });
const own = nic('0a', 1);
const ownToo = nic('0b', 1);
const neighbour = nic('05', 0);
const unknown = nic('04', null);
const far = nic('01', 2);

const buses = (devices: readonly DeviceObservation[], ...requests: DeviceRequest[]): readonly string[] =>
  chosen(aHost(devices, { sockets: SOCKETS }), aWish(requests, { numaNodes: [1] })).map((text) => text.slice(5, 7));
const nicWith = (numaPolicy: NumaPolicy, count = 1): DeviceRequest => ({ device: 'NIC', numaPolicy, count });

describe('a VM on NUMA node 1', () => {
  it.each<[NumaPolicy, string, readonly DeviceObservation[], readonly string[] | undefined]>([
    ['required', 'its own node', [own, neighbour, unknown, far], ['0a']],
    ['required', 'no other node of its socket', [neighbour], undefined],
    ['required', 'no unknown node', [unknown], undefined],
    ['required', 'no other socket', [far], undefined],
    ['socket', 'its own node first', [own, neighbour], ['0a']],
    ['socket', 'another node of its socket', [neighbour, unknown, far], ['05']],
    ['socket', 'no unknown node', [unknown], undefined],
    ['socket', 'no other socket', [far], undefined],
    ['legacy', 'its own node first', [own, unknown], ['0a']],
    ['legacy', 'an unknown node', [neighbour, unknown, far], ['04']],
    ['legacy', 'no other node of its socket', [neighbour], undefined],
    ['legacy', 'no other socket', [far], undefined],
    ['preferred', 'its own node first', [own, neighbour, unknown, far], ['0a']],
    ['preferred', 'an unknown node before another', [neighbour, unknown, far], ['04']],
    ['preferred', 'any node', [far], ['01']],
  ])('that asks with %s is served from %s', (policy, _, devices, expected) => {
    if (expected) expect(buses(devices, nicWith(policy))).toEqual(expected);
    else expect(codes(aHost(devices, { sockets: SOCKETS }), aWish([nicWith(policy)], { numaNodes: [1] }))).toEqual({ 'NIC-0': ['NUMA_MISMATCH'] });
  });

  it('prefers where it says nothing', () => {
    expect(buses([far, unknown], { device: 'NIC' })).toEqual(['04']);
  });

  it('is served from nothing but its own node where the host does not tell its sockets', () => {
    const wish = aWish([nicWith('socket')], { numaNodes: [1] });
    expect(chosen(aHost([own, neighbour]), wish)).toEqual(['0000:0a:00.0 NIC-0']);
    expect(refused(aHost([neighbour]), wish)).not.toEqual([]);
  });

  it('may take from a looser level where the stricter one cannot serve the full count', () => {
    expect(buses([own, neighbour], nicWith('socket', 2))).toEqual(['05', '0a']);
    expect(buses([own, unknown, far], nicWith('legacy', 2))).toEqual(['04', '0a']);
    expect(buses([own, unknown, far], nicWith('preferred', 3))).toEqual(['01', '04', '0a']);
  });

  it('uses the stricter level where it serves the full count, though another device would do less harm', () => {
    const rare = [own, ownToo].map((device) => ({ ...device, liveMigratable: true, iommuGroup: 9, tags: { fast: 'yes' } }));
    expect(buses([...rare, neighbour, unknown], nicWith('preferred', 2))).toEqual(['0a', '0b']);
    expect(buses([...rare, neighbour, unknown], nicWith('socket', 2))).toEqual(['0a', '0b']);
  });

  it('leaves its own node to the request that cannot go elsewhere', () => {
    expect(buses([own, far], { name: 'loose', device: 'NIC' }, { name: 'strict', device: 'NIC', numaPolicy: 'required' })).toEqual(['01', '0a']);
    expect(
      chosen(
        aHost([own, far]),
        aWish(
          [
            { name: 'loose', device: 'NIC' },
            { ...nicWith('required'), name: 'strict' },
          ],
          { numaNodes: [1] },
        ),
      ),
    ).toEqual(['0000:01:00.0 loose', '0000:0a:00.0 strict']);
  });

  it('gives of several requests that like its own node the first the choice', () => {
    const wish = aWish(
      [
        { name: 'a', ...nicWith('preferred') },
        { name: 'b', ...nicWith('preferred', 2) },
      ],
      { numaNodes: [1] },
    );
    expect(chosen(aHost([own, ownToo, far, unknown]), wish)).toEqual(['0000:04:00.0 b', '0000:0a:00.0 a', '0000:0b:00.0 b']);
  });

  it('cannot be served by two requests that both require the one device there', () => {
    const wish = aWish(
      [
        { name: 'a', ...nicWith('required') },
        { name: 'b', ...nicWith('required') },
      ],
      { numaNodes: [1] },
    );
    expect(codes(aHost([own, far]), wish)).toEqual({
      a: ['NUMA_MISMATCH', 'TAKEN_BY_OTHER_REQUEST'],
      b: ['NUMA_MISMATCH', 'TAKEN_BY_OTHER_REQUEST'],
    });
  });

  it('is told where the devices are that are too far away', () => {
    expect(refused(aHost([far, unknown]), aWish([nicWith('required')], { numaNodes: [1] }))).toEqual([
      {
        requestName: 'NIC-0',
        asked: 1,
        matched: 2,
        free: 0,
        reasons: [{ code: 'NUMA_MISMATCH', count: 2, example: '0000:01:00.0: on NUMA node 2, wanted near 1 (required)' }],
      },
    ]);
  });
});

describe('a VM on two NUMA nodes', () => {
  it('is as near to a device on either', () => {
    const wish = aWish([{ device: 'NIC', count: 2, numaPolicy: 'required' }], { numaNodes: [1, 2] });
    expect(chosen(aHost([own, far, unknown]), wish)).toEqual(['0000:01:00.0 NIC-0', '0000:0a:00.0 NIC-0']);
  });
});

describe('a VM that names no NUMA nodes', () => {
  it.each<NumaPolicy>(['required', 'socket', 'legacy', 'preferred'])('is served from anywhere with %s', (policy) => {
    expect(chosen(aHost([far, own]), aWish([nicWith(policy)]))).toEqual(['0000:01:00.0 NIC-0']);
    expect(chosen(aHost([unknown]), aWish([nicWith(policy)], { numaNodes: [] }))).toEqual(['0000:04:00.0 NIC-0']);
  });
});
