import { parsePciAddress, type NetInterface, type PciAddress } from '@vfleet/pci';
import type { BusDevice, HardwareScan, PciFunction } from './hardware.js';
import type { PciNames } from './observe.js';

/** An address that is known to be one. */
export const address = (text: string): PciAddress => parsePciAddress(text) as PciAddress;

/** A function for tests: a NIC below the first root port, unless told otherwise. */
export const aFunction = (given: Partial<Omit<PciFunction, 'address'>> & { readonly address?: string } = {}): PciFunction => ({
  rootBridge: '#0',
  bridges: [address('00:03.0')],
  functionNumber: 0,
  vendorId: '8086',
  productId: '10c9',
  class: '020000',
  iommuGroup: null,
  numaNode: null,
  net: [],
  hostUse: [],
  ...given,
  address: address(given.address ?? '01:00.0'),
});

/** What a scan saw that saw all there is. */
export const aScan = (functions: readonly PciFunction[], others: readonly BusDevice[] = []): HardwareScan => ({
  functions,
  others,
  unreadable: [],
  unlisted: [],
});

export const aPort = (mac: string): NetInterface => ({ ifname: 'eth0', mac, permanentMac: mac });

export const NAMELESS: PciNames = { vendor: () => undefined, product: () => undefined, class: () => undefined };
