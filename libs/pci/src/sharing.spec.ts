import { describe, expect, it } from '@jest/globals';
import type { DeviceRequest } from './device-request.js';
import type { DeviceObservation } from './device.js';
import { aDevice, aHost, aPfWithVfs, aWish, chosen, codes, refused } from './testing.js';

const nic = (bus: string, over: Partial<DeviceObservation> = {}): DeviceObservation => aDevice({ address: `0000:${bus}:00.0`, name: 'NIC', ...over });
const buses = (devices: readonly DeviceObservation[], ...requests: DeviceRequest[]): readonly string[] =>
  chosen(aHost(devices), aWish(requests)).map((text) => text.slice(5, 7));
const why = (devices: readonly DeviceObservation[], ...requests: DeviceRequest[]): unknown => codes(aHost(devices), aWish(requests));

describe('devices of a request that are wanted together', () => {
  const devices = [
    nic('01', { numaNode: 0, pcieRoot: '0000:00:01.0', tags: { rack: 'a' } }),
    nic('02', { numaNode: 1, pcieRoot: '0000:00:02.0', tags: { rack: 'b' } }),
    nic('03', { numaNode: 1, pcieRoot: '0000:00:03.0', tags: { rack: 'a' } }),
    nic('04', { numaNode: 1, pcieRoot: '0000:00:03.0', tags: { rack: 'c' } }),
  ];

  it.each([
    ['a NUMA node', 'numaNode', ['02', '03']],
    ['a PCIe root port', 'pcieRoot', ['03', '04']],
    ['a tag', 'tags.rack', ['01', '03']],
  ])('share %s', (_, attribute, expected) => {
    expect(buses(devices, { device: 'NIC', count: 2, together: [attribute] })).toEqual(expected);
  });

  it('share the PF that they are of', () => {
    const host = [
      ...aPfWithVfs({ address: '0000:28:00.0' }, ['0000:28:02.0']),
      ...aPfWithVfs({ address: '0000:29:00.0' }, ['0000:29:02.0', '0000:29:02.1']),
    ];
    expect(chosen(aHost(host), aWish([{ device: '10GE', count: 2, together: ['parentDeviceId'] }]))).toEqual([
      '0000:29:02.0 10GE-0',
      '0000:29:02.1 10GE-0',
    ]);
  });

  it('share everything that is named', () => {
    expect(buses(devices, { device: 'NIC', count: 2, together: ['numaNode', 'pcieRoot'] })).toEqual(['03', '04']);
    expect(why(devices, { device: 'NIC', count: 2, together: ['numaNode', 'tags.rack'] })).toEqual({ 'NIC-0': ['NOT_TOGETHER'] });
  });

  it('are of several names, where one request lists them', () => {
    const host = [nic('01', { numaNode: 0 }), nic('02', { numaNode: 1 }), nic('05', { name: 'GPU', numaNode: 1 })];
    expect(buses(host, { device: 'NIC,GPU' })).toEqual(['01', '05']);
    expect(buses(host, { device: 'NIC,GPU', together: ['numaNode'] })).toEqual(['02', '05']);
    expect(why(host.slice(0, 1).concat(host[2] as DeviceObservation), { device: 'NIC,GPU', together: ['numaNode'] })).toEqual({
      'NIC-0': ['NOT_TOGETHER'],
      'GPU-0': ['NOT_TOGETHER'],
    });
  });

  it('leave another request its own value to share', () => {
    const host = [
      nic('01', { numaNode: 0 }),
      nic('02', { numaNode: 0 }),
      nic('03', { numaNode: 1 }),
      nic('04', { numaNode: 1 }),
      nic('05', { numaNode: 1 }),
    ];
    const request = (name: string, count: number): DeviceRequest => ({ name, device: 'NIC', count, together: ['numaNode'] });
    expect(chosen(aHost(host), aWish([request('a', 2), request('b', 3)])).map((text) => text.slice(5))).toEqual([
      '01:00.0 a',
      '02:00.0 a',
      '03:00.0 b',
      '04:00.0 b',
      '05:00.0 b',
    ]);
    expect(chosen(aHost(host), aWish([request('a', 3), request('b', 2)]))).toHaveLength(5);
  });

  it('are refused with how many of them share most', () => {
    expect(refused(aHost(devices), aWish([{ device: 'NIC', count: 4, together: ['numaNode'] }]))).toEqual([
      {
        requestName: 'NIC-0',
        asked: 4,
        matched: 4,
        free: 4,
        reasons: [{ code: 'NOT_TOGETHER', count: 1, example: 'at most 3 share numaNode' }],
      },
    ]);
  });
});

describe('devices of a request that are wanted apart', () => {
  const devices = [
    nic('01', { numaNode: 0, pcieRoot: '0000:00:01.0' }),
    nic('02', { numaNode: 0, pcieRoot: '0000:00:02.0' }),
    nic('03', { numaNode: 1, pcieRoot: '0000:00:02.0' }),
  ];

  it('differ in what is named', () => {
    expect(buses(devices, { device: 'NIC', count: 2, apart: ['numaNode'] })).toEqual(['01', '03']);
    expect(buses(devices.slice(1), { device: 'NIC', count: 2, apart: ['numaNode'] })).toEqual(['02', '03']);
  });

  it('differ in each of several things', () => {
    expect(buses(devices, { device: 'NIC', count: 2, apart: ['numaNode', 'pcieRoot'] })).toEqual(['01', '03']);
    expect(why(devices.slice(1), { device: 'NIC', count: 2, apart: ['numaNode', 'pcieRoot'] })).toEqual({ 'NIC-0': ['NOT_APART'] });
  });

  it('differ though each thing alone has values enough', () => {
    const crossed = [
      nic('01', { numaNode: 0, slot: 'x' }),
      nic('02', { numaNode: 0, slot: 'y' }),
      nic('03', { numaNode: 1, slot: 'x' }),
      nic('04', { numaNode: 2, slot: 'x' }),
    ];
    expect(buses(crossed, { device: 'NIC', count: 2, apart: ['numaNode', 'slot'] })).toHaveLength(2);
    expect(
      why([...crossed.slice(0, 1), ...crossed.slice(2), nic('05', { numaNode: 0, slot: 'y' })], {
        device: 'NIC',
        count: 3,
        apart: ['numaNode', 'slot'],
      }),
    ).toEqual({
      'NIC-0': ['NOT_APART'],
    });
    const grid = ['x', 'y', 'z']
      .map((slot, index) => nic(`0${index}`, { numaNode: 0, slot }))
      .concat([1, 2].map((numaNode) => nic(`1${numaNode}`, { numaNode, slot: 'x' })));
    expect(why(grid, { device: 'NIC', count: 3, apart: ['numaNode', 'slot'] })).toEqual({ 'NIC-0': ['NOT_APART'] });
  });

  it('may share one thing and differ in another', () => {
    expect(buses(devices, { device: 'NIC', count: 2, together: ['numaNode'], apart: ['pcieRoot'] })).toEqual(['01', '02']);
    expect(why(devices.slice(1), { device: 'NIC', count: 2, together: ['pcieRoot'], apart: ['slot'] })).toEqual({ 'NIC-0': ['ATTRIBUTE_MISSING'] });
    expect(refused(aHost(devices), aWish([{ device: 'NIC', count: 2, together: ['pcieRoot'], apart: ['iommuGroup', 'kind'] }]))[0]?.reasons).toEqual([
      { code: 'NOT_APART', count: 1, example: 'at most 1 differ in iommuGroup, kind' },
    ]);
  });

  it('are of several names, where one request lists them', () => {
    const host = [nic('01', { numaNode: 0 }), nic('02', { numaNode: 1 }), nic('05', { name: 'GPU', numaNode: 0 })];
    expect(buses(host, { device: 'NIC,GPU', apart: ['numaNode'] })).toEqual(['02', '05']);
    expect(buses(host, { device: 'NIC,NIC', apart: ['numaNode'] })).toEqual(['01', '02']);
    expect(why([host[0] as DeviceObservation, host[2] as DeviceObservation], { device: 'NIC,GPU', apart: ['numaNode'] })).toEqual({
      'NIC-0': ['NOT_APART'],
      'GPU-0': ['NOT_APART'],
    });
  });

  it('are blamed alone where they cannot be served even alone', () => {
    const spare = aDevice({ address: '0000:ff:00.0', name: 'GPU' });
    expect(why([...devices.slice(1), spare], { device: 'NIC', count: 2, apart: ['numaNode', 'pcieRoot'] }, { device: 'GPU' })).toEqual({
      'NIC-0': ['NOT_APART'],
    });
  });

  it('are no hindrance to another request', () => {
    const wish = aWish([
      { name: 'a', device: 'NIC', count: 2, apart: ['numaNode'] },
      { name: 'b', device: 'NIC', match: { numaNode: 0 } },
    ]);
    expect(chosen(aHost(devices), wish)).toHaveLength(3);
  });
});

describe('a device that lacks an attribute', () => {
  it.each(['together', 'apart'] as const)('satisfies no %s in it, not even alone', (key) => {
    const host = [nic('01'), nic('02', { numaNode: 0 })];
    expect(buses(host, { device: 'NIC', [key]: ['numaNode'] })).toEqual(['02']);
    expect(refused(aHost(host), aWish([{ device: 'NIC', count: 2, [key]: ['numaNode'] }]))[0]).toEqual({
      requestName: 'NIC-0',
      asked: 2,
      matched: 2,
      free: 1,
      reasons: [{ code: 'ATTRIBUTE_MISSING', count: 1, example: '0000:01:00.0: has no numaNode' }],
    });
  });

  it('lacks a tag too, though every object has something of that name', () => {
    expect(why([nic('01')], { device: 'NIC', together: ['tags.constructor'] })).toEqual({ 'NIC-0': ['ATTRIBUTE_MISSING'] });
  });
});
