import { describe, expect, it } from '@jest/globals';
import type { DeviceRequest } from './device-request.js';
import type { DeviceObservation } from './device.js';
import { aDevice, aHost, aPfWithVfs, aWish, chosen, codes } from './testing.js';

const [PF, VF] = ['0000:28:00.0', '0000:28:02.0'];
const MODELS = { models: ['X710'] };
const NET = [{ ifname: 'ens1f0', mac: '02:00:00:00:00:01' }];
const described = { name: 'port', physicalNetwork: 'physnet1', tags: { rack: 'b4' }, net: NET, driver: 'i40e', numaNode: 0 };

/** A PF that everything is true of that may be said of one; its VF is another thing in all of it. */
const withVf = aPfWithVfs({ address: PF, ...described }, [VF]);
const idle = aDevice({ address: PF, functionType: 'pf', totalVfs: 8, numVfs: 0, ...described });
const hostOf = (devices: readonly DeviceObservation[]) =>
  aHost(devices, {
    modelOf: ({ productId }) => (productId === '1572' ? { model: 'X710', deviceType: 'NIC', vendorId: '8086', productId } : undefined),
  });

/** Every way of asking that a PF answers to, without saying that a PF is meant. */
const WAYS: readonly (readonly [string, DeviceRequest])[] = [
  ['by its name', { device: 'port' }],
  ['by its name in a match', { match: { name: 'port' } }],
  ['by its model', { model: 'X710' }],
  ['by its model in a match', { match: { model: 'X710' } }],
  ['by its ids', { match: { vendorId: '8086', productId: '1572' } }],
  ['by its address', { match: { address: PF } }],
  ['by a glob', { match: { address: '28:00.*' } }],
  ['by its network', { match: { physicalNetwork: 'physnet1', productId: '1572' } }],
  ['by a tag', { match: { 'tags.rack': 'b4' } }],
  ['by its driver', { match: { driver: 'i40e' } }],
  ['by an expression', { match: { kind: 'pci' }, where: 'productId == "1572"' }],
  ['by an expression about PFs', { match: { kind: 'pci' }, where: 'functionType == "pf"' }],
  ['by an alias', { alias: 'any-port' }],
  ['by one of several alternatives', { firstAvailable: [{ device: 'port' }, { device: 'none' }] }],
  ['with all that match', { device: 'port', count: 'all' }],
];
const named = { ...MODELS, aliases: { 'any-port': { device: 'port' }, 'whole-port': { match: { functionType: 'pf', name: 'port' } } } };

describe('a PF with virtual functions', () => {
  it.each(WAYS)('is not given to who asks for it %s', (_, request) => {
    const refusals = codes(hostOf(withVf), aWish([{ name: 'x', ...request }], {}, named));
    expect(Object.values(refusals).flat()).toContain('VFS_ENABLED');
  });

  it.each<[string, DeviceRequest]>([
    ['by its function type', { match: { functionType: 'pf' } }],
    ['by its function type, or another', { match: { functionType: ['plain', 'pf'] } }],
    ['by its name, narrowed', { device: 'port', match: { functionType: 'pf' } }],
    ['by its interface and its function type', { match: { pf: 'ens1f0', functionType: 'pf' } }],
    ['by an alias that says so', { alias: 'whole-port' }],
    ['by an alias that it narrows', { alias: 'any-port', match: { functionType: 'pf' } }],
    ['by one of several alternatives', { firstAvailable: [{ device: 'none' }, { match: { functionType: 'pf' } }] }],
  ])('is given to who asks for it %s', (_, request) => {
    expect(chosen(hostOf(withVf), aWish([{ name: 'x', ...request }], {}, named))).toEqual([`${PF} x`]);
  });

  it('is not meant by its interface alone: that means its virtual functions', () => {
    expect(chosen(hostOf(withVf), aWish([{ name: 'x', match: { pf: 'ens1f0' } }]))).toEqual([`${VF} x`]);
    expect(codes(hostOf([idle]), aWish([{ name: 'x', match: { pf: 'ens1f0' } }]))).toEqual({ x: ['NO_MATCH'] });
  });
});

describe('a PF without virtual functions', () => {
  it.each(WAYS)('is a function like others to who asks for it %s', (_, request) => {
    expect(chosen(hostOf([idle]), aWish([{ name: 'x', ...request }], {}, named)).map((text) => text.split(' ')[0])).toEqual([PF]);
  });

  it('is given last of all that would do', () => {
    const others = [
      ...aPfWithVfs({ address: '0000:29:00.0' }, ['0000:29:02.0']),
      aDevice({ address: '0000:30:00.0', name: '10GE', tags: { rare: 'yes' }, liveMigratable: true }),
    ];
    const host = aHost([{ ...idle, name: '10GE' }, ...others]);
    const order = [1, 2, 3].map((count) => chosen(host, aWish([{ device: '10GE', count }])).map((text) => text.split(' ')[0] ?? ''));
    expect(order.map((addresses) => addresses.includes(PF))).toEqual([false, false, true]);
  });
});

describe('a controller that is offered through its leaves', () => {
  const controller = aDevice({ address: '0000:00:14.0', class: '0c0330' });
  const stick = aDevice({ address: '1-4', kind: 'usb', iommuGroup: null, parentDeviceId: controller.deviceId });
  const host = aHost([controller, stick]);

  it('is given by its address only, in full', () => {
    expect(chosen(host, aWish([{ name: 'x', match: { address: '00:14.0' } }]))).toEqual(['0000:00:14.0 x']);
    for (const address of ['0000:00:14.*', '*:*:*.*', ['0000:00:14.0', '0000:00:15.*']])
      expect(codes(host, aWish([{ name: 'x', match: { address } }]))).toEqual({ x: ['NOT_LEAF'] });
  });
});

describe('a device that another machine manages', () => {
  const remote = aDevice({ address: VF, name: 'port', tags: { rack: 'b4', remoteManaged: 'true' } });
  const plain = aDevice({ address: '0000:30:00.0', name: 'port' });
  const alias = { aliases: { 'smart-port': { match: { 'tags.remoteManaged': 'true' } } } };

  it.each<[string, DeviceRequest]>([
    ['by its name', { device: 'port' }],
    ['by its address', { match: { address: VF } }],
    ['by another tag', { match: { 'tags.rack': 'b4' } }],
    ['by an expression', { match: { kind: 'pci' }, where: 'name == "port"' }],
    ['with everything', { match: { all: true } }],
  ])('is not given to who asks for it %s', (_, request) => {
    const wish = aWish([{ name: 'x', ...request }]);
    expect(codes(aHost([remote]), wish)).toEqual({ x: ['REMOTE_MANAGED'] });
  });

  it.each<[string, DeviceRequest]>([
    ['by that tag', { match: { 'tags.remoteManaged': 'true' } }],
    ['by its name, narrowed by that tag', { device: 'port', match: { 'tags.remoteManaged': ['true', 'yes'] } }],
    ['by an alias that says so', { alias: 'smart-port' }],
  ])('is given to who asks for it %s', (_, request) => {
    expect(chosen(aHost([remote, plain]), aWish([{ name: 'x', ...request }], {}, alias))).toEqual([`${VF} x`]);
  });

  it('is passed over for others of its name', () => {
    expect(chosen(aHost([remote, plain]), aWish([{ name: 'x', device: 'port' }]))).toEqual(['0000:30:00.0 x']);
    expect(chosen(aHost([remote, plain]), aWish([{ name: 'x', device: 'port', count: 'all' }]))).toEqual(['0000:30:00.0 x']);
  });

  it('goes along with nothing of its IOMMU group', () => {
    const host = aHost([
      { ...remote, iommuGroup: 3 },
      { ...plain, iommuGroup: 3 },
    ]);
    expect(codes(host, aWish([{ name: 'x', match: { address: plain.address } }]))).toEqual({ x: ['REMOTE_MANAGED'] });
  });

  it('is one like others where the tag says false, and to the VM that holds it', () => {
    const own = { ...remote, tags: { remoteManaged: 'false' } };
    expect(chosen(aHost([own]), aWish([{ name: 'x', device: 'port' }]))).toEqual([`${VF} x`]);
    expect(chosen(aHost([remote], { heldBy: { [VF]: 'vm-1' } }), aWish([{ name: 'x', device: 'port' }], { vmId: 'vm-1' }))).toEqual([`${VF} x`]);
  });
});
