import { describe, expect, it } from '@jest/globals';
import { sayRequest } from './say-request.js';

describe('a request for devices', () => {
  it('is said in a line', () => {
    expect(sayRequest({ device: '10GE', count: 2 })).toBe('10GE, 2 of them');
    expect(sayRequest({ name: 'gpu', alias: 'fast-gpu', keepOnStop: true })).toBe('gpu: alias fast-gpu, kept over a stop');
  });

  it('says what must match, where, and what is shared', () => {
    expect(sayRequest({ match: { vendorId: '8086', numaNode: [0, 1] }, count: 'all', apart: ['parentDeviceId'] })).toBe(
      'devices with vendorId 8086, numaNode 0 or 1, all of them, apart in parentDeviceId',
    );
    expect(sayRequest({ device: '10GE', match: { pf: 'ens1f0' }, where: 'device.numaNode == 0' })).toBe(
      '10GE with pf ens1f0, where device.numaNode == 0',
    );
  });

  it('names its alternatives in their order', () => {
    expect(sayRequest({ name: 'net', firstAvailable: [{ device: '25GE' }, { device: '10GE', count: 2 }] })).toBe(
      'net: the first that fits of: 25GE; 10GE, 2 of them',
    );
  });
});
