import { describe, expect, it } from '@jest/globals';
import type { DeviceObservation, DeviceRequest, DomainEvent } from '@vfleet/contracts';
import { aDevice } from '@vfleet/testing';
import { discovered, given, online, vmState } from '../testing/given.js';
import { codes, move, moved } from '../testing/given-moves.js';
import type { Decision } from './decision.js';

type Migration = DeviceRequest['migration'];

const nic = (hostId: string, n: number, more: Partial<DeviceObservation> = {}) =>
  aDevice(hostId, `0000:28:00.${n}`, { name: '10GE', iommuGroup: n, ...more } as never);

/** A move from h1 to h2 of a VM that asked for this, with these devices on both sides. */
const planned = (request: DeviceRequest, source: readonly DeviceObservation[], target: readonly DeviceObservation[]): Decision => {
  const fleet: readonly DomainEvent[] = [online('h1'), online('h2'), ...discovered('h1', ...source), ...discovered('h2', ...target)];
  return given(fleet).whenAll(
    vmState('vm-1', 'starting', { hostId: 'h1', devices: [request] }),
    vmState('vm-1', 'running', { hostId: 'h1' }),
    move('vm-1', { targetHostId: 'h2' }),
  );
};
const matching = (migration: Migration, source: DeviceObservation, target: DeviceObservation, request: DeviceRequest = { device: '10GE' }): boolean =>
  codes(planned({ ...request, migration }, [source], [target])).length === 0;

describe('a match by network', () => {
  const network = { match: 'network' as const };
  const net = { physicalNetwork: 'physnet1' };

  it('needs the same network, vendor and product, whatever the devices are called', () => {
    expect(matching(network, nic('h1', 1, net), nic('h2', 2, { ...net, name: 'other' }))).toBe(true);
    expect(matching(network, nic('h1', 1, net), nic('h2', 2, { physicalNetwork: 'physnet2' }))).toBe(false);
    expect(matching(network, nic('h1', 1, net), nic('h2', 2, { ...net, productId: '1572' }))).toBe(false);
  });

  it('takes a device without a network for one without a network only', () => {
    expect(matching(network, nic('h1', 1), nic('h2', 2))).toBe(true);
    expect(matching(network, nic('h1', 1), nic('h2', 2, net))).toBe(false);
  });

  it('with any model needs the same kind of function and class, and never takes a PF for a VF', () => {
    const any = { ...network, anyModel: true };
    const vf = nic('h1', 1, { ...net, functionType: 'vf', vfIndex: 0 });
    expect(matching(any, vf, nic('h2', 2, { ...net, functionType: 'vf', productId: '154c' }))).toBe(true);
    expect(matching(any, vf, nic('h2', 2, { ...net, functionType: 'pf', productId: '154c', totalVfs: 4, numVfs: 0 }))).toBe(false);
    expect(matching(any, vf, nic('h2', 2, { ...net, functionType: 'vf', class: '030000' }))).toBe(false);
  });

  it('takes a PF with virtual functions only for one that was asked for as a PF', () => {
    const pf = (hostId: string, numVfs: number) => nic(hostId, 1, { ...net, functionType: 'pf', totalVfs: 4, numVfs });
    expect(matching(network, pf('h1', 0), pf('h2', 4))).toBe(false);
    expect(matching(network, pf('h1', 0), pf('h2', 4), { match: { functionType: 'pf' } })).toBe(true);
  });

  it('knows devices without ids by their names', () => {
    const disk = (hostId: string, productName: string) =>
      ({
        ...nic(hostId, 1),
        kind: 'scsi',
        address: '2:0:0:1',
        vendorName: 'ACME',
        productName,
        vendorId: undefined,
        productId: undefined,
      }) as DeviceObservation;
    expect(matching(network, disk('h1', 'RAM "1"'), disk('h2', 'RAM "1"'))).toBe(true);
    expect(matching(network, disk('h1', 'RAM "1"'), disk('h2', 'TAPE'))).toBe(false);
  });
});

describe('a device that another machine manages', () => {
  it.each(['network', 'selector', 'address'] as const)('is replaced by such a one, by %s', (match) => {
    const tags = { remoteManaged: 'true' };
    const request = { match: { 'tags.remoteManaged': 'true' }, migration: { match } };
    expect(moved(planned(request, [nic('h1', 1, { tags })], [nic('h2', 1, { tags })]))).toEqual(['0000:28:00.1 -> 0000:28:00.1 hotplug']);
    expect(codes(planned(request, [nic('h1', 1, { tags })], [nic('h2', 1)]))).toEqual(['NO_MATCHING_DEVICE']);
  });

  it('takes the place of no other', () => {
    expect(matching({ match: 'network' as const }, nic('h1', 1), nic('h2', 1, { tags: { remoteManaged: 'true' } }))).toBe(false);
  });
});

describe('a match by PF', () => {
  const byPf = { match: 'pf' as const };
  const port = (hostId: string, ifname: string, more = {}) =>
    nic(hostId, 0, {
      functionType: 'pf',
      totalVfs: 4,
      numVfs: 1,
      name: undefined,
      net: [{ ifname, mac: '52:54:00:00:00:01', ...more }],
      productId: '1572',
    } as never);
  const vfOf = (hostId: string, pf: DeviceObservation) => nic(hostId, 1, { functionType: 'vf', vfIndex: 0, parentDeviceId: pf.deviceId });
  const planWith = (source: DeviceObservation, target: DeviceObservation): Decision =>
    planned({ device: '10GE', migration: byPf }, [source, vfOf('h1', source)], [target, vfOf('h2', target)]);

  it('needs a PF of the same name', () => {
    expect(moved(planWith(port('h1', 'ens1f0'), port('h2', 'ens1f0')))).toEqual(['0000:28:00.1 -> 0000:28:00.1 hotplug']);
    expect(codes(planWith(port('h1', 'ens1f0'), port('h2', 'ens1f1')))).toEqual(['NO_MATCHING_DEVICE']);
  });

  it('or one that is connected to the same port of the same switch', () => {
    const connected = { physSwitchId: '3c4d', physPortId: 'p7' };
    expect(codes(planWith(port('h1', 'ens1f0', connected), port('h2', 'enp9', connected)))).toEqual([]);
    expect(codes(planWith(port('h1', 'ens1f0', connected), port('h2', 'enp9', { ...connected, physPortId: 'p8' })))).toEqual(['NO_MATCHING_DEVICE']);
  });

  it('is never found for a device without a port', () => {
    expect(matching(byPf, nic('h1', 1), nic('h2', 1))).toBe(false);
  });
});

describe('a match by selector', () => {
  const bySelector = { match: 'selector' as const };

  it('takes whatever the original request accepts', () => {
    expect(matching(bySelector, nic('h1', 1, { physicalNetwork: 'a' }), nic('h2', 2, { physicalNetwork: 'b', productId: '1572' }))).toBe(true);
    expect(matching(bySelector, nic('h1', 1), nic('h2', 2, { name: 'other' }))).toBe(false);
  });

  it('keeps what the devices of a request share and differ in', () => {
    const group = [nic('h1', 1, { numaNode: 0 }), nic('h1', 2, { numaNode: 1 })];
    const request = { device: '10GE', count: 2, apart: ['numaNode'], migration: bySelector };
    expect(codes(planned(request, group, [nic('h2', 3, { numaNode: 0 }), nic('h2', 4, { numaNode: 0 })]))).toEqual(['NO_MATCHING_DEVICE']);
    const apart = [nic('h2', 3, { numaNode: 0 }), nic('h2', 4, { numaNode: 0 }), nic('h2', 5, { numaNode: 1 })];
    expect(moved(planned(request, group, apart))).toEqual(['0000:28:00.1 -> 0000:28:00.3 hotplug', '0000:28:00.2 -> 0000:28:00.5 hotplug']);
  });

  it('of everything on the source asks for as many as the VM has', () => {
    const decision = planned({ device: '10GE', count: 'all', migration: bySelector }, [nic('h1', 1)], [nic('h2', 2), nic('h2', 3)]);
    expect(moved(decision)).toEqual(['0000:28:00.1 -> 0000:28:00.2 hotplug']);
  });

  it('falls to an alternative of the request that asks for as many', () => {
    const request = { name: 'any', firstAvailable: [{ device: 'big' }, { device: '10GE', count: 2 }], migration: bySelector };
    const decision = planned(request, [nic('h1', 1), nic('h1', 2)], [nic('h2', 3, { name: 'big' }), nic('h2', 4), nic('h2', 5)]);
    expect(moved(decision)).toEqual(['0000:28:00.1 -> 0000:28:00.4 hotplug', '0000:28:00.2 -> 0000:28:00.5 hotplug']);
  });
});

describe('a match by network of several devices', () => {
  it('keeps them apart as they were, also where each has a network of its own', () => {
    const on = (hostId: string, n: number, physicalNetwork: string, numaNode: number) => nic(hostId, n, { physicalNetwork, numaNode });
    const request = { device: '10GE', count: 2, apart: ['numaNode'] };
    const source = [on('h1', 1, 'a', 0), on('h1', 2, 'b', 1)];
    expect(codes(planned(request, source, [on('h2', 3, 'a', 0), on('h2', 4, 'b', 0)]))).toEqual(['NO_MATCHING_DEVICE']);
    expect(codes(planned(request, source, [on('h2', 3, 'a', 1), on('h2', 4, 'b', 0)]))).toEqual([]);
  });
});

describe('a match by address', () => {
  it('takes what is at the same address, of the same kind and class', () => {
    const byAddress = { match: 'address' as const };
    expect(matching(byAddress, nic('h1', 1), nic('h2', 1, { name: 'other', productId: '1572' }))).toBe(true);
    expect(matching(byAddress, nic('h1', 1), nic('h2', 2))).toBe(false);
    expect(matching(byAddress, nic('h1', 1), nic('h2', 1, { class: '030000' }))).toBe(false);
  });

  it('takes what the map says, in whatever form its addresses are written', () => {
    const mapped = { match: 'address' as const, addressMap: { '28:00.1': '28:00.2' } };
    expect(matching(mapped, nic('h1', 1), nic('h2', 2))).toBe(true);
    expect(matching(mapped, nic('h1', 1), nic('h2', 1))).toBe(false);
  });

  it('is never found where the map says what is no address', () => {
    expect(matching({ match: 'address', addressMap: { '28:00.1': 'the left one' } }, nic('h1', 1), nic('h2', 1))).toBe(false);
  });
});
