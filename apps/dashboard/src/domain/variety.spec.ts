import { describe, expect, it } from '@jest/globals';
import { mapOf } from './fleet-map.js';
import { NOTHING, toVariety, varietyOf } from './variety.js';

describe('a variety of devices', () => {
  it.each([
    [{ model: 'fast', name: '10GE', vendorId: '8086', productId: '154c' }, 'model:fast', { model: 'fast' }],
    [{ name: 'a:b', vendorId: '8086', productId: '154c' }, 'name:a:b', { name: 'a:b' }],
    [{ vendorId: '8086', productId: '154c' }, 'ids:8086:154c', { vendorId: '8086', productId: '154c' }],
    [{}, 'type:PCI', { deviceType: 'PCI' }],
  ])('is the model, else the name, else the ids, else the type of %j', (device, variety, filter) => {
    expect(varietyOf({ ...device, deviceType: 'PCI' })).toBe(variety);
    expect(toVariety(variety, 'PCI', NOTHING).filter).toEqual(filter);
  });
});

describe('a map of devices', () => {
  it('counts by host and variety, a device in one bucket, and no removed one', () => {
    const device = (hostId: string, state: string, name = '10GE') => ({ hostId, state, name, deviceType: 'NIC' });
    const states = ['available', 'held', 'releasing', 'ineligible', 'missing', 'removed'];
    const { varieties, cells } = mapOf([device('h2', 'available', 'GPU'), ...states.map((state) => device('h1', state))]);
    expect(varieties.map(({ variety, free, held, ineligible, missing }) => [variety, free, held, ineligible, missing])).toEqual([
      ['name:10GE', 1, 2, 1, 1],
      ['name:GPU', 1, 0, 0, 0],
    ]);
    expect([cells.get('h1'), cells.get('h2')]).toEqual([[[0, 1, 2, 1, 1]], [[1, 1, 0, 0, 0]]]);
  });
});
