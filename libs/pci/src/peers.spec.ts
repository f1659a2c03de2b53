import { describe, expect, it } from '@jest/globals';
import type { DeviceRequest } from './device-request.js';
import type { DeviceObservation } from './device.js';
import { parseWanted } from './request.js';
import { aDevice, aHost, aLanguage, aPfWithVfs, aWish, chosen, codes, type Named } from './testing.js';

// Situations that systems of this field know from their own tests and faults; each title ends with the case it was made of.

const fields = (request: DeviceRequest): readonly string[] => {
  const parsed = parseWanted({ devices: [request] }, aLanguage());
  return 'faults' in parsed ? parsed.faults.map(({ field }) => field.replace('devices[0].', '')) : [];
};
const asking = (request: DeviceRequest, named: Named = {}) => aWish([request], {}, named).asks[0]?.alternatives[0];
const selects = (match: Record<string, unknown>, device: DeviceObservation, ...others: DeviceObservation[]): boolean =>
  asking({ match })?.accepts(aHost([device, ...others]).topology.attributesOf(device)) ?? false;
const nic = (address: string, over: Partial<DeviceObservation> = {}): DeviceObservation => aDevice({ address, ...over });
const withPf = (ifname: string, vfs: readonly string[], over: Partial<DeviceObservation> = {}): DeviceObservation[] =>
  aPfWithVfs({ address: '0000:0a:00.0', net: [{ ifname, mac: '02:00:00:00:00:01' }], ...over }, vfs, 'VF');

describe('a match selects', () => {
  const [pf, vf] = withPf('eth0', ['0000:0a:00.5']) as [DeviceObservation, DeviceObservation];

  it('by an address with its domain left open [spec-matching-02]', () => {
    expect(selects({ address: '*:0a:00.5' }, vf)).toBe(true);
  });

  it('no other function than the glob says [spec-matching-09]', () => {
    expect(selects({ address: '0000:0a:*.4' }, vf)).toBe(false);
  });

  it('the VFs of a PF by the name of its interface, and the PF itself only when PFs are asked for [spec-matching-15, -40]', () => {
    expect(selects({ pf: 'eth0' }, vf, pf)).toBe(true);
    expect(selects({ pf: 'eth0' }, pf, vf)).toBe(false);
    expect(selects({ pf: 'eth0', functionType: 'pf' }, pf, vf)).toBe(true);
  });

  it('nothing by the name of an interface that the host does not have [spec-matching-41]', () => {
    expect(selects({ pf: 'lo' }, vf, pf)).toBe(false);
  });

  it('no VF whose PF is not known [sriovdp-09]', () => {
    expect(selects({ pf: 'eth0' }, vf)).toBe(false);
    expect(fields({ match: { pf: '' } })).toEqual(['match.pf']);
  });

  it('VFs by index, in ranges and one by one [sriovdp-02]', () => {
    const vfs = Array.from({ length: 8 }, (_, index) => `0000:0a:02.${index}`);
    const [parent, ...all] = withPf('ens1f0', vfs) as [DeviceObservation, ...DeviceObservation[]];
    const indexes = all.filter((one) => selects({ pf: 'ens1f0#0-2,5,7' }, one, parent)).map(({ vfIndex }) => vfIndex);
    expect(indexes).toEqual([0, 1, 2, 5, 7]);
  });

  it('by vendor and by driver, any of several [sriovdp-10, -12]', () => {
    const devices = [
      nic('0000:03:02.0', { driver: 'igb_uio' }),
      nic('0000:03:02.1', { vendorId: '1111', driver: 'iavf' }),
      nic('0000:03:02.2', { vendorId: '2222' }),
    ];
    expect(devices.map((one) => selects({ vendorId: ['8086', '1111'] }, one))).toEqual([true, true, false]);
    expect(devices.map((one) => selects({ driver: ['igb_uio', 'vfio-pci'] }, one))).toEqual([true, false, false]);
  });

  it('what says that it can be migrated live, not what says nothing [migration-04, -05]', () => {
    const silent = nic('0000:81:00.1');
    const able = { ...silent, liveMigratable: true };
    expect([selects({ liveMigratable: true }, able), selects({ liveMigratable: true }, silent)]).toEqual([true, false]);
    expect([selects({ liveMigratable: false }, able), selects({ liveMigratable: false }, silent)]).toEqual([false, false]);
  });

  it('only what meets all its conditions on one device [cloudpods-23, allocation-release-24, -27]', () => {
    const host = aHost([
      nic('0000:01:00.0', { tags: { model: 'T4', memory: '16' } }),
      nic('0000:02:00.0', { tags: { model: 'A100', memory: '40' } }),
    ]);
    expect(codes(host, aWish([{ match: { 'tags.model': 'T4', 'tags.memory': '40' } }]))).toEqual({ 'device-0': ['NO_MATCH'] });
    expect(chosen(host, aWish([{ match: { 'tags.model': 'A100', 'tags.memory': '40' } }]))).toEqual(['0000:02:00.0 device-0']);
  });

  it('VFs by the network that their PF reaches [cloudpods-27]', () => {
    const host = aHost([
      ...aPfWithVfs({ address: '0000:28:00.0', physicalNetwork: 'w1' }, ['0000:28:02.0', '0000:28:02.1']),
      ...aPfWithVfs({ address: '0000:29:00.0', physicalNetwork: 'w2' }, ['0000:29:02.0', '0000:29:02.1']),
    ]);
    expect(chosen(host, aWish([{ match: { physicalNetwork: 'w2', functionType: 'vf' } }]))).toEqual(['0000:29:02.0 device-0']);
  });

  it('addresses of long domains too [cap-003, nova-04]', () => {
    expect(selects({ address: '10000:00:04.0' }, nic('10000:00:04.0'))).toBe(true);
  });

  it('the two port modes of one product apart, by class [cap-002]', () => {
    const port = (code: string): DeviceObservation => nic('0000:01:00.0', { vendorId: '15b3', productId: '101b', class: code });
    expect([selects({ productId: '101b', class: '0207' }, port('020700')), selects({ productId: '101b', class: '0207' }, port('020000'))]).toEqual([
      true,
      false,
    ]);
  });
});

describe('a request is refused as written, where a peer would select nothing or everything', () => {
  it.each<[string, DeviceRequest, string]>([
    ['an address part that is not hexadecimal [spec-matching-29]', { match: { address: '0000:h4.12:6' } }, 'match.address'],
    ['a function above 7 [spec-matching-30]', { match: { address: '0000:0a:00.8' } }, 'match.address'],
    ['an address with open ends [spec-matching-13]', { match: { address: ':0a:00.' } }, 'match.address'],
    ['an address in parts [spec-matching-17, -18, -19, -20, -35]', { match: { address: { domain: '.*', slot: '00' } } }, 'match.address'],
    ['regular expressions for an address [spec-matching-36]', { match: { address: ['.*', '[6-7]'] } }, 'match.address'],
    ['a product id that is too long [spec-matching-38]', { match: { vendorId: '8086', productId: '50570' } }, 'match.productId'],
    ['a product id that is not hexadecimal [request-parsing-12]', { match: { productId: 'g111' } }, 'match.productId'],
    ['a mark of live migration that is no boolean [request-parsing-11]', { match: { liveMigratable: 'invalid' } }, 'match.liveMigratable'],
    ['a type of function that there is not [request-parsing-09]', { match: { functionType: 'N' } }, 'match.functionType'],
    ['a key that nobody knows [request-parsing-15]', { match: { foo: 'bar' } }, 'match.foo'],
    ['a range of ranges [sriovdp-07b]', { match: { pf: 'ens1f0#1-2-3' } }, 'match.pf'],
    ['an index that is no number [sriovdp-07e]', { match: { pf: 'ens1f0#x' } }, 'match.pf'],
    ['a range that goes down [sriovdp-08]', { match: { pf: 'ens1f0#5-2' } }, 'match.pf'],
    ['a count beyond the bound [dra-42]', { device: 'NIC', count: 500 }, 'count'],
  ])('for %s', (_, request, field) => {
    expect(fields(request)).toEqual([field]);
  });

  it('but not for a count at the bound [dra-42]', () => {
    expect(fields({ device: 'NIC', count: 64 })).toEqual([]);
  });

  it('but not for an interface and an address together: both have to hold [spec-matching-39]', () => {
    const [pf, vf] = withPf('eth0', ['0000:0a:00.5']) as [DeviceObservation, DeviceObservation];
    expect(selects({ pf: 'eth0', address: '*:*:*.5' }, vf, pf)).toBe(true);
    expect(selects({ pf: 'eth0', address: '*:*:*.6' }, vf, pf)).toBe(false);
  });
});

describe('an alias', () => {
  const crypto: DeviceRequest = { match: { vendorId: '8086', productId: '4443', liveMigratable: true }, numaPolicy: 'legacy' };

  it('stands for its ids, its policy and its mark, the count beside it [request-parsing-01]', () => {
    const way = asking({ alias: 'crypto', count: 3 }, { aliases: { crypto } });
    expect(way).toMatchObject({ count: 3, numaPolicy: 'legacy' });
    expect(way?.accepts({ vendorId: '8086', productId: '4443', liveMigratable: true })).toBe(true);
    expect(way?.accepts({ vendorId: '8086', productId: '4443' })).toBe(false);
  });

  it('is found with blanks around its name, those inside being part of it [request-parsing-03]', () => {
    expect(aWish([{ alias: ' Some Logic ' }], {}, { aliases: { 'Some Logic': { device: 'x' } } }).asks[0]?.requestName).toBe('Some Logic-0');
  });

  it('may say that the same socket is near enough [request-parsing-19]', () => {
    expect(asking({ alias: 'x' }, { aliases: { x: { device: 'd', numaPolicy: 'socket' } } })?.numaPolicy).toBe('socket');
  });

  it('that asks for the one device cannot be served beside another that does [nova-05, pool-counting-22]', () => {
    const named = { aliases: { a1: { match: { vendorId: '8086' } }, a2: { match: { productId: '1572' } } } };
    expect(codes(aHost([nic('0000:81:00.0')]), aWish([{ alias: 'a1' }, { alias: 'a2' }], {}, named))).toEqual({
      'a1-0': ['TAKEN_BY_OTHER_REQUEST'],
      'a2-0': ['TAKEN_BY_OTHER_REQUEST'],
    });
  });
});

describe('by count a host serves', () => {
  const kinds = [
    nic('0000:00:00.1', { vendorId: '1a01', numaNode: 0 }),
    nic('0000:00:00.2', { vendorId: '1a02', numaNode: 1 }),
    nic('0000:00:00.3', { vendorId: '1a01', numaNode: 0 }),
    nic('0000:00:00.4', { vendorId: '1a03' }),
  ];
  const of = (vendorId: string, more: DeviceRequest = {}): DeviceRequest => ({ name: vendorId, match: { vendorId }, ...more });

  it('as many as are free [cloudstack-16]', () => {
    expect(chosen(aHost(kinds), aWish([of('1a01', { count: 2 })]))).toHaveLength(2);
  });

  it('nobody who wants three where one is, and takes nothing for the rest of the wish [pool-counting-05, dra-05]', () => {
    expect(codes(aHost(kinds), aWish([of('1a01'), of('1a02', { count: 3 })]))).toEqual({ '1a02': ['NO_MATCH'] });
    expect(
      codes(
        aHost([nic('0000:01:00.0')]),
        aWish([
          { name: 'c0', match: { kind: 'pci' } },
          { name: 'c1', match: { kind: 'pci' } },
        ]),
      ),
    ).not.toEqual({});
  });

  it('one of each kind [pool-counting-06, -07]', () => {
    expect(chosen(aHost(kinds), aWish([of('1a01'), of('1a02')]))).toEqual(['0000:00:00.1 1a01', '0000:00:00.2 1a02']);
  });

  it('in the order of addresses, not of writing, passing over what is in use [proxmox-02]', () => {
    const host = aHost([nic('0000:01:00.1'), nic('0000:01:00.2')], { heldBy: { '0000:01:00.2': 'vm-2' } });
    expect(chosen(host, aWish([{ match: { address: ['01:00.2', '01:00.1'] } }]))).toEqual(['0000:01:00.1 device-0']);
  });

  it('nobody by an address that is held or not there [opennebula-02]', () => {
    const wish = aWish([{ match: { address: '06:00.0' } }]);
    expect(codes(aHost([nic('0000:06:00.0')], { heldBy: { '0000:06:00.0': 'vm-7' } }), wish)).toEqual({ 'device-0': ['DEVICE_IN_USE'] });
    expect(codes(aHost(kinds), wish)).toEqual({ 'device-0': ['NO_MATCH'] });
  });

  it('two VFs from two PFs that have one left each [allocation-release-23]', () => {
    const host = aHost(
      [
        ...aPfWithVfs({ address: '0000:81:00.0' }, ['0000:81:00.1', '0000:81:00.2']),
        ...aPfWithVfs({ address: '0000:81:01.0' }, ['0000:81:01.1', '0000:81:01.2']),
      ],
      { heldBy: { '0000:81:00.1': 'vm-2', '0000:81:01.1': 'vm-3' } },
    );
    expect(chosen(host, aWish([{ device: '10GE', count: 2 }]))).toEqual(['0000:81:00.2 10GE-0', '0000:81:01.2 10GE-0']);
  });
});

describe('an assignment is found', () => {
  const sized = (address: string, memory: string): DeviceObservation => nic(address, { tags: { memory } });
  const atLeast = (...sizes: string[]): DeviceRequest => ({ match: { 'tags.memory': sizes } });

  it('where the first request could take the only device of the second [dra-04]', () => {
    const host = aHost([sized('0000:01:00.0', '2Gi'), sized('0000:02:00.0', '1Gi')]);
    expect(
      chosen(
        host,
        aWish([
          { name: 'c0', ...atLeast('1Gi', '2Gi') },
          { name: 'c1', ...atLeast('2Gi') },
        ]),
      ),
    ).toEqual(['0000:01:00.0 c1', '0000:02:00.0 c0']);
  });

  it('by the second choice where the first takes what another needs [dra-27]', () => {
    const host = aHost([sized('0000:01:00.0', '8Gi'), sized('0000:02:00.0', '4Gi')]);
    const either = { name: 'r0', firstAvailable: [atLeast('8Gi'), atLeast('4Gi')] };
    expect(chosen(host, aWish([either, { name: 'r1', ...atLeast('8Gi') }]))).toEqual(['0000:01:00.0 r1', '0000:02:00.0 r0']);
  });

  it('for all only where all are free, else by the next choice [dra-10, -11, -28]', () => {
    const host = aHost([nic('0000:01:00.0'), nic('0000:02:00.0')], { heldBy: { '0000:02:00.0': 'vm-2' } });
    const all: DeviceRequest = { match: { kind: 'pci' }, count: 'all' };
    expect(codes(host, aWish([all]))).toEqual({ 'device-0': ['DEVICE_IN_USE'] });
    expect(codes(aHost([]), aWish([all]))).toEqual({ 'device-0': ['NO_MATCH'] });
    expect(chosen(host, aWish([{ firstAvailable: [all, { match: { kind: 'pci' } }] }]))).toEqual(['0000:01:00.0 device-0']);
  });

  it('never for devices that do not share what they must, or have it not [dra-18, -19]', () => {
    const host = aHost([nic('0000:01:00.0', { numaNode: 1 }), nic('0000:02:00.0', { numaNode: 2 })]);
    expect(codes(host, aWish([{ match: { kind: 'pci' }, count: 2, together: ['numaNode'] }]))).toEqual({ 'device-0': ['NOT_TOGETHER'] });
    expect(codes(host, aWish([{ match: { kind: 'pci' }, together: ['tags.nonexistent'] }]))).toEqual({ 'device-0': ['ATTRIBUTE_MISSING'] });
  });

  it('for devices that differ in what they must [dra-23]', () => {
    const host = aHost([0, 1, 1, 2].map((numaNode, index) => nic(`0000:0${index}:00.0`, { numaNode })));
    expect(chosen(host, aWish([{ match: { kind: 'pci' }, count: 3, apart: ['numaNode'] }]))).toHaveLength(3);
    expect(codes(host, aWish([{ match: { kind: 'pci' }, count: 4, apart: ['numaNode'] }]))).toEqual({ 'device-0': ['NOT_APART'] });
  });

  it('or refused for five of four equal devices at once [dra-44]', () => {
    const host = aHost([1, 2, 3, 4].map((bus) => nic(`0000:0${bus}:00.0`)));
    expect(codes(host, aWish([{ match: { kind: 'pci' }, count: 5 }]))).toEqual({ 'device-0': ['NO_MATCH'] });
  });

  it('for VFs of the networks that are wanted, one NIC each [vf-012, ovirt-03]', () => {
    const host = aHost([
      ...aPfWithVfs({ address: '0000:05:00.0', physicalNetwork: 'net1' }, ['0000:05:10.0']),
      ...aPfWithVfs({ address: '0000:06:00.0', physicalNetwork: 'net2' }, ['0000:06:10.0']),
    ]);
    const on = (name: string, physicalNetwork: string): DeviceRequest => ({ name, match: { physicalNetwork, functionType: 'vf' } });
    expect(chosen(host, aWish([on('v1', 'net1'), on('v2', 'net2')]))).toEqual(['0000:05:10.0 v1', '0000:06:10.0 v2']);
    expect(codes(host, aWish([on('nic1', 'net1'), on('nic2', 'net1')]))).toEqual({
      nic1: ['TAKEN_BY_OTHER_REQUEST'],
      nic2: ['TAKEN_BY_OTHER_REQUEST'],
    });
    expect(codes(host, aWish([on('v1', 'net3')]))).toEqual({ v1: ['NO_MATCH'] });
  });
});

describe('nobody is given', () => {
  const only = (device: DeviceObservation, ...others: DeviceObservation[]): unknown =>
    Object.values(codes(aHost([device, ...others]), aWish([{ match: { address: device.address } }])))[0] ?? 'given';

  it('a device without an IOMMU group [harvester-01]', () => {
    expect(only(nic('0000:01:00.0', { iommuGroup: null }))).toEqual(['NO_IOMMU']);
  });

  it('a port that the host’s network needs: alone, in a bond, or its VF in a bond [incus-02, elig-011, vf-020]', () => {
    const bonded = { hostUse: [{ code: 'bond-member', detail: 'bond0' }] };
    expect(only(nic('0000:01:00.0', { hostUse: [{ code: 'default-route', detail: 'eno1' }] }))).toEqual(['HOST_USE']);
    expect(only(nic('0000:05:00.0', bonded))).toEqual(['HOST_USE']);
    const [pf, vf] = withPf('p0', ['0000:0a:00.5']) as [DeviceObservation, DeviceObservation];
    expect(only({ ...vf, ...bonded }, pf)).toEqual(['HOST_USE']);
  });

  it('a PF without VFs where a VF is asked for [vf-001, -002]', () => {
    const pf = nic('0000:0a:00.0', { functionType: 'pf', totalVfs: 8, numVfs: 0, physicalNetwork: 'net1' });
    expect(codes(aHost([pf]), aWish([{ match: { physicalNetwork: 'net1', functionType: 'vf' } }]))).toEqual({ 'device-0': ['NO_MATCH'] });
  });

  it('a USB controller of which a stick is held [harvester-02]', () => {
    const controller = nic('0000:02:01.0', { class: '0c0330' });
    const stick = aDevice({
      kind: 'usb',
      address: '1-2',
      deviceId: 'stick',
      parentDeviceId: controller.deviceId,
      iommuGroup: null,
      vendorId: '0951',
      productId: '1666',
    });
    const host = aHost([controller, stick], { heldBy: { '1-2': 'vm-2' } });
    expect(codes(host, aWish([{ match: { address: '02:01.0' } }]))).toEqual({ 'device-0': ['DEVICE_IN_USE'] });
  });

  it('but a 3D controller is given [elig-002], and a VF that shows no interface [elig-012]', () => {
    expect(only(nic('0000:07:00.0', { class: '030200', vendorId: '10de', productId: '20b0' }))).toBe('given');
    const [pf, vf] = withPf('p0', ['0000:0a:00.5']) as [DeviceObservation, DeviceObservation];
    expect(only({ ...vf, net: [], driver: 'vfio-pci' }, pf)).toBe('given');
  });

  it('the same VF by two ways of asking [vf-009]', () => {
    const [pf, vf] = withPf('p0', ['0000:0a:00.5'], { physicalNetwork: 'net1' }) as [DeviceObservation, DeviceObservation];
    const wish = aWish([
      { name: 'plain', match: { address: vf.address } },
      { name: 'v1', match: { physicalNetwork: 'net1', functionType: 'vf' } },
    ]);
    expect(Object.keys(codes(aHost([pf, vf]), wish))).toEqual(['plain', 'v1']);
  });
});

describe('an IOMMU group goes along', () => {
  const usb = ['0000:00:0d.0', '0000:00:0d.2', '0000:00:0d.3'].map((address) => nic(address, { class: '0c0330', iommuGroup: 8 }));

  it('whichever member is asked for [aff-002, -007]', () => {
    for (const { address } of usb)
      expect(chosen(aHost(usb), aWish([{ match: { address } }])).filter((text) => text.endsWith('affected'))).toHaveLength(2);
  });

  it('its bridges left out [harvester-06]', () => {
    const pair = [nic('0000:04:00.0', { iommuGroup: 4 }), nic('0000:04:00.1', { iommuGroup: 4 })];
    const bridge = nic('0000:03:00.0', { iommuGroup: 4, class: '060400', driver: 'pcieport' });
    expect(chosen(aHost([...pair, bridge]), aWish([{ match: { address: '04:00.0' } }]))).toEqual([
      '0000:04:00.0 device-0',
      '0000:04:00.1 device-0 affected',
    ]);
  });

  it('to a VM that has a part of it already [life-008]', () => {
    const pair = [nic('0001:01:00.0', { iommuGroup: 5 }), nic('0001:01:00.1', { iommuGroup: 5 })];
    const host = aHost(pair, { heldBy: { '0001:01:00.0': 'vm-1' } });
    expect(chosen(host, aWish([{ match: { address: '0001:01:00.1' } }]))).toHaveLength(2);
  });
});
