import { describe, expect, it } from '@jest/globals';
import { networkHost, networkOf, targetsOf, type NetworkShare } from './takeover.js';

const share = (hostId: string, free: number, held: number, more: Partial<NetworkShare> = {}): NetworkShare => ({
  hostId,
  product: '8086:154c',
  free,
  held,
  takesVms: true,
  ...more,
});

describe('which host can take over from which', () => {
  it('is every other one that has as many free as are held', () => {
    const network = networkOf([share('h1', 2, 3), share('h2', 3, 0), share('h3', 2, 0), share('h4', 8, 1)]);
    expect(targetsOf(network, 'h1')).toEqual([
      { hostId: 'h4', spare: 5 },
      { hostId: 'h2', spare: 0 },
    ]);
    expect(networkHost(network, 'h1')).toEqual({ hostId: 'h1', free: 2, held: 3, targets: 2 });
  });

  it('is never the host itself, however much it has free', () => {
    expect(targetsOf(networkOf([share('h1', 8, 1)]), 'h1')).toEqual([]);
  });

  it('is no host that takes no new VMs', () => {
    expect(targetsOf(networkOf([share('h1', 0, 1), share('h2', 8, 0, { takesVms: false })]), 'h1')).toEqual([]);
  });

  it('asks for each product that is held by itself, as a move by network does', () => {
    const other = { product: '15b3:1018' };
    const network = networkOf([share('h1', 0, 1), share('h1', 0, 1, other), share('h2', 8, 0), share('h3', 1, 0), share('h3', 1, 0, other)]);
    expect(targetsOf(network, 'h1')).toEqual([{ hostId: 'h3', spare: 0 }]);
  });

  it('is counted as it is listed', () => {
    const other = { product: '15b3:1018' };
    const numbers = [3, 0, 5, 2, 2, 8, 1, 4];
    const network = networkOf([
      ...numbers.map((free, n) => share(`h${n}`, free, numbers[numbers.length - 1 - n] as number, { takesVms: n !== 2 })),
      ...numbers.map((free, n) => share(`h${n}`, free, n % 3, { ...other, takesVms: n !== 2 })),
      share('h8', 4, 0),
    ]);
    for (const hostId of network.hosts.keys())
      expect([hostId, networkHost(network, hostId).targets]).toEqual([hostId, targetsOf(network, hostId).length]);
    const single = networkOf(numbers.map((free, n) => share(`h${n}`, free, n, { takesVms: n !== 2 })));
    for (const hostId of single.hosts.keys())
      expect([hostId, networkHost(single, hostId).targets]).toEqual([hostId, targetsOf(single, hostId).length]);
  });

  it('is every host that takes VMs where nothing is held', () => {
    expect(targetsOf(networkOf([share('h1', 4, 0), share('h2', 0, 4)]), 'h1')).toEqual([{ hostId: 'h2', spare: 0 }]);
  });
});
