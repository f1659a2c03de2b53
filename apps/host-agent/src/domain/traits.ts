import type { PciAddress } from '@vfleet/pci';
import type { BusDevice, PciFunction } from './hardware.js';

/** By what a device can be told from others, as it is now. Texts that start with their kind, so that no two kinds meet. */
export interface Traits {
  readonly address: string;
  readonly serial?: string;
  /** Permanent MACs; several where one device has several ports. */
  readonly macs: readonly string[];
  /** Its place, free of all numbers that the kernel or the firmware counts up, and what it is. */
  readonly path: string;
  /** A virtual function is named after its PF. */
  readonly vfOf?: { readonly pf: PciAddress; readonly index: number };
}

export const SERIAL = 'serial:';

/** Vendor, product and subsystem: two devices that differ here are never the same one. */
export const idsOf = (one: Pick<PciFunction, 'vendorId' | 'productId' | 'subsystemVendorId' | 'subsystemProductId'>): string =>
  [one.vendorId, one.productId, one.subsystemVendorId, one.subsystemProductId].map((id) => id ?? '-').join(':');

/** The way from a root bridge down to a function. Bus numbers are not in it: they change when a card is added. */
export const pathText = (root: string, way: readonly string[], ids: string): string => `path:${wayText(root, way)}|${ids}`;

const wayText = (root: string, way: readonly string[]): string => `${root}/${way.map(slotAndFunction).join('/')}`;

/** Domain and root bridge, for `pathText`. */
export const rootText = (address: string, rootBridge: string): string => `${address.slice(0, address.indexOf(':'))}/${rootBridge}`;

const slotAndFunction = (address: string): string => address.slice(address.lastIndexOf(':') + 1);

const wayTo = (one: PciFunction): string => wayText(rootText(one.address, one.rootBridge), [...one.bridges, one.address]);

/** A PCI serial counts within its vendor and product, and once per function of a card. */
export const serialText = (one: Pick<PciFunction, 'vendorId' | 'productId' | 'serial' | 'functionNumber'>): string | undefined =>
  one.serial && `${SERIAL}pci:${one.vendorId ?? '-'}:${one.productId ?? '-'}:${one.serial}:${one.functionNumber}`;

type BusIds = Pick<BusDevice, 'kind' | 'vendorId' | 'productId' | 'vendorName' | 'productName'>;

/** SCSI has no ids: its vendor and model are names. */
const busIds = (one: BusIds): string =>
  one.kind === 'scsi' ? `${one.vendorName ?? '-'}:${one.productName ?? '-'}` : `${one.vendorId ?? '-'}:${one.productId ?? '-'}`;

/** What a USB or SCSI device is known by; a mediated device is its UUID. */
export const busSerialText = (one: BusIds & Pick<BusDevice, 'address' | 'serial'>): string | undefined =>
  one.kind === 'mdev' ? `mdev:${one.address}` : one.serial && `${SERIAL}${one.kind}:${busIds(one)}:${one.serial}`;

export const macsOf = ({ net }: Pick<PciFunction, 'net'>): readonly string[] =>
  net.flatMap(({ permanentMac }) => (permanentMac ? [`mac:${permanentMac}`] : [])).sort();

export const traitsOf = (one: PciFunction): Traits => {
  const serial = serialText(one);
  return {
    address: one.address,
    ...(serial !== undefined && { serial }),
    macs: macsOf(one),
    path: `path:${wayTo(one)}|${idsOf(one)}`,
    ...(one.vfOf && { vfOf: one.vfOf }),
  };
};

/** Of a device on another bus: its way is that of the PCI function it hangs on, then its own place there. */
export const busTraitsOf = (one: BusDevice, controller: PciFunction | undefined): Traits => {
  const serial = busSerialText(one);
  const way = controller ? wayTo(controller) : '-';
  return { address: one.address, ...(serial !== undefined && { serial }), macs: macsOf(one), path: `path:${way}/${one.place}|${busIds(one)}` };
};
