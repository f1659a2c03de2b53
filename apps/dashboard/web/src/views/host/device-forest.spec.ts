import { describe, expect, it } from '@jest/globals';
import type { Device } from '@vfleet/contracts';
import { groupBy, toForest, type Branch } from './device-forest.js';

const device = (deviceId: string, rest: Partial<Device> = {}): Device => ({ deviceId, iommuGroup: null, numaNode: null, ...rest }) as Device;

const shape = (branches: readonly Branch[]): unknown => branches.map(({ device, children }) => [device.deviceId, ...[shape(children)].flat()]);

describe('the tree of a host', () => {
  it('has devices below what they hang on, in their order', () => {
    const devices = [
      device('port'),
      device('pf', { parentDeviceId: 'port' }),
      device('vf0', { parentDeviceId: 'pf' }),
      device('vf1', { parentDeviceId: 'pf' }),
    ];
    expect(shape(toForest(devices))).toEqual([['port', ['pf', ['vf0'], ['vf1']]]]);
  });

  it('has a device on top whose parent is not known', () => {
    expect(shape(toForest([device('a', { parentDeviceId: 'gone' })]))).toEqual([['a']]);
  });

  it('loses no device, though one is said to be below itself', () => {
    const devices = [device('a', { parentDeviceId: 'b' }), device('b', { parentDeviceId: 'a' }), device('c', { parentDeviceId: 'c' })];
    expect(shape(toForest(devices))).toEqual([['a', ['b']], ['c']]);
  });
});

describe('devices in groups', () => {
  it('stand by number, those without one last', () => {
    const devices = [device('x'), device('b', { iommuGroup: 12 }), device('a', { iommuGroup: 2 }), device('c', { iommuGroup: 12 })];
    expect(groupBy(devices, 'iommuGroup').map(([group, members]) => [group, members.map(({ deviceId }) => deviceId)])).toEqual([
      [2, ['a']],
      [12, ['b', 'c']],
      [null, ['x']],
    ]);
  });
});
