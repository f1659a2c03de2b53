import { describe, expect, it } from '@jest/globals';
import { parseReport } from './guest-console.js';

describe('a report on a guest console', () => {
  it('names devices, and the interface once a driver has made one', () => {
    expect(parseReport('vfleet-guest 7 5b1c 0000:01:00.0=1af4:1041/eth0@52:54:00:00:00:01 0000:02:00.0=8086:10d3\r')).toEqual({
      tick: 7,
      bootId: '5b1c',
      devices: [
        { address: '0000:01:00.0', vendorId: '1af4', productId: '1041', net: { ifname: 'eth0', mac: '52:54:00:00:00:01' } },
        { address: '0000:02:00.0', vendorId: '8086', productId: '10d3', net: undefined },
      ],
    });
  });

  it('may name none', () => {
    expect(parseReport('vfleet-guest 1 5b1c\r')).toEqual({ tick: 1, bootId: '5b1c', devices: [] });
  });

  it('is not what the kernel says, nor a line that the kernel has broken into', () => {
    expect(parseReport('[    2.1] pci 0000:01:00.0: BAR 0')).toBeUndefined();
    expect(parseReport('vfleet-guest 7 5b1c 0000:01:00.0=1af4:[    2.1]')).toBeUndefined();
    expect(parseReport('vfleet-guest')).toBeUndefined();
  });
});
