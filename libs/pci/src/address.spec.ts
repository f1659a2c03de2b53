import { describe, expect, it } from '@jest/globals';
import { addressSortKey, parsePciAddress, pciAddressParts } from './address.js';

describe('a PCI address', () => {
  it.each([
    ['28:00.1', '0000:28:00.1'],
    ['0000:28:00.1', '0000:28:00.1'],
    ['0000:AF:1F.7', '0000:af:1f.7'],
    ['10000:00:00.0', '10000:00:00.0'],
    ['00010000:00:00.0', '10000:00:00.0'],
    ['00000000:28:00.1', '0000:28:00.1'],
  ])('written %s is %s', (text, address) => {
    expect(parsePciAddress(text)).toBe(address);
  });

  it.each(['', '28:00', '28:00.8', '28:20.0', '8:00.1', '0:28:00.1', ' 28:00.1', '28:00.1 ', '28:00.1\n', '0000:28:00.1.2', 'zz:00.1', '1-2.3'])(
    'is not what %j says',
    (text) => {
      expect(parsePciAddress(text)).toBeUndefined();
    },
  );

  it('comes apart into its numbers', () => {
    const address = parsePciAddress('10000:af:1f.7');
    expect(address && pciAddressParts(address)).toEqual({ domain: 0x10000, bus: 0xaf, slot: 0x1f, fn: 7 });
  });
});

describe('addresses in order', () => {
  const sorted = (kind: string, ...addresses: string[]): string[] =>
    addresses.sort((a, b) => (addressSortKey(kind, a) < addressSortKey(kind, b) ? -1 : 1));

  it('go by domain, bus, slot and function', () => {
    const addresses = ['10000:00:00.0', '2000:00:00.0', '0000:af:00.1', '0000:af:00.0', '0000:2a:1f.7', '0001:00:00.0'];
    expect(sorted('pci', ...addresses)).toEqual(['0000:2a:1f.7', '0000:af:00.0', '0000:af:00.1', '0001:00:00.0', '2000:00:00.0', '10000:00:00.0']);
  });

  it('go by number and not by digit where their parts have no fixed width', () => {
    expect(sorted('usb', '1-10', '1-9', '1-10.2')).toEqual(['1-9', '1-10', '1-10.2']);
    expect(sorted('scsi', '10:0:0:0', '9:0:10:0', '9:0:2:0')).toEqual(['9:0:2:0', '9:0:10:0', '10:0:0:0']);
  });
});
