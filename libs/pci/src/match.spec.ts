import { describe, expect, it } from '@jest/globals';
import type { DeviceObservation } from './device.js';
import { compileMatch, type Match } from './match.js';
import { aDevice, aHost } from './testing.js';

const pf = aDevice({
  address: '0000:28:00.0',
  functionType: 'pf',
  totalVfs: 8,
  numVfs: 2,
  physicalNetwork: 'physnet1',
  net: [{ ifname: 'ens1f0', mac: '02:00:00:00:00:01', linkType: 'ether', speedMbps: 25_000 }],
});
const vf = aDevice({
  address: '0000:28:02.1',
  functionType: 'vf',
  parentDeviceId: pf.deviceId,
  vfIndex: 3,
  productId: '154c',
  name: '10GE',
  driver: 'vfio-pci',
  numaNode: 1,
  subsystemVendorId: '1028',
  subsystemProductId: '0001',
  liveMigratable: true,
  tags: { rack: 'b4', 'dc.name': 'east' },
});
const host = aHost([pf, vf]);

const accepts = (match: Match, device: DeviceObservation = vf): boolean => {
  const compiled = compileMatch(match);
  if ('faults' in compiled) throw new Error(JSON.stringify(compiled.faults));
  return compiled.test(host.topology.attributesOf(device));
};
const faultsOf = (match: Match): readonly { readonly field: string; readonly message: string }[] => {
  const compiled = compileMatch(match, 'devices[0].match');
  return 'faults' in compiled ? compiled.faults : [];
};

describe('a match', () => {
  it.each<[string, unknown, unknown]>([
    ['kind', 'pci', 'usb'],
    ['vendorId', '8086', '10de'],
    ['vendorId', ['10DE', '8086'], ['10de']],
    ['productId', '154C', '1572'],
    ['subsystemVendorId', '1028', '1029'],
    ['subsystemProductId', '0001', '0002'],
    ['class', '02', '03'],
    ['class', '020000', '020001'],
    ['address', '28:02.1', '28:02.2'],
    ['address', '0000:28:02.*', '0000:28:03.*'],
    ['address', ['0000:29:00.0', '28:0?.1'], ['0000:29:00.0']],
    ['pf', 'ens1f0', 'ens1f1'],
    ['pf', 'ens1f0#0-3,7', 'ens1f0#0-2,4'],
    ['pf', 'ens1f0#3', 'ens1f0#30'],
    ['name', '10GE', '10ge'],
    ['deviceType', 'SRIOV-VF', 'NIC'],
    ['driver', 'vfio-pci', 'ixgbevf'],
    ['functionType', 'vf', 'pf'],
    ['numaNode', 1, 0],
    ['numaNode', [0, 1], [0, 2]],
    ['iommuGroup', vf.iommuGroup, 1],
    ['physicalNetwork', 'physnet1', 'physnet2'],
    ['parentDeviceId', pf.deviceId, vf.deviceId],
    ['linkType', 'ether', 'infiniband'],
    ['speedMbps', 25_000, 10_000],
    ['liveMigratable', true, false],
    ['tags.rack', 'b4', 'b5'],
    ['tags.dc.name', 'east', 'west'],
  ])('%s accepts %j and not %j', (key, wanted, other) => {
    expect(accepts({ [key]: wanted })).toBe(true);
    expect(accepts({ [key]: other })).toBe(false);
  });

  it('needs every key to match', () => {
    expect(accepts({ vendorId: '8086', name: '10GE' })).toBe(true);
    expect(accepts({ vendorId: '8086', name: 'GPU' })).toBe(false);
  });

  it('matches nothing with a key that the device lacks', () => {
    expect(accepts({ model: 'x' })).toBe(false);
    expect(accepts({ 'tags.zone': 'a' })).toBe(false);
    expect(accepts({ 'tags.toString': 'a' })).toBe(false);
    expect(accepts({ numaNode: 0 }, pf)).toBe(false);
  });

  it('means the VFs of a PF by `pf`, and the PF itself only together with its function type', () => {
    expect(accepts({ pf: 'ens1f0' }, pf)).toBe(false);
    expect(accepts({ pf: 'ens1f0', functionType: 'pf' }, pf)).toBe(true);
    expect(accepts({ pf: 'ens1f0', functionType: 'pf' }, vf)).toBe(false);
  });

  it('says every device on purpose with all', () => {
    expect(accepts({ all: true })).toBe(true);
  });

  it.each<[string, Match, string]>([
    ['that says nothing', {}, 'devices[0].match'],
    ['with an unknown key', { vendorid: '8086' }, 'devices[0].match.vendorid'],
    ['with an unknown key that holds a number', { numa: 1 }, 'devices[0].match.numa'],
    ['with all beside something else', { all: true, kind: 'pci' }, 'devices[0].match.all'],
    ['with all that is not true', { all: 'yes' }, 'devices[0].match.all'],
    ['with an empty list', { vendorId: [] }, 'devices[0].match.vendorId'],
    ['with an endless list', { vendorId: Array.from({ length: 257 }, () => '8086') }, 'devices[0].match.vendorId'],
    ['with 0x before an id', { vendorId: '0x8086' }, 'devices[0].match.vendorId'],
    ['with a short id', { productId: '8' }, 'devices[0].match.productId'],
    ['with a number for text', { name: 10 }, 'devices[0].match.name'],
    ['with text for a number', { numaNode: '1' }, 'devices[0].match.numaNode'],
    ['with a fraction', { numaNode: 0.5 }, 'devices[0].match.numaNode'],
    ['with text for yes or no', { liveMigratable: 'true' }, 'devices[0].match.liveMigratable'],
    ['with a class that is no hex', { class: 'nic' }, 'devices[0].match.class'],
    ['with an address that is none', { address: 'ens1f0' }, 'devices[0].match.address'],
    ['with a range that runs backwards', { pf: 'ens1f0#7-3' }, 'devices[0].match.pf'],
    ['with a range that is none', { pf: 'ens1f0#a' }, 'devices[0].match.pf'],
    ['with null', { name: null }, 'devices[0].match.name'],
    ['with an object for a value', { name: {} }, 'devices[0].match.name'],
    ['with a tag that has no key', { 'tags.': 'a' }, 'devices[0].match.tags.'],
    ['with text that never ends', { name: 'x'.repeat(64 * 1024) }, 'devices[0].match.name'],
  ])('%s is refused, and the fault names the field', (_, match, field) => {
    expect(faultsOf(match).map((fault) => fault.field)).toEqual([field]);
  });

  it('suggests the key that was meant', () => {
    expect(faultsOf({ VendorID: '8086' })[0]?.message).toContain('vendorId');
  });

  it('tells all its faults at once', () => {
    expect(faultsOf({ vendorId: 'x', numaNode: 'y', nonsense: 1 })).toHaveLength(3);
  });
});
