import { parsePciAddress, type HostUse, type PciAddress } from '@vfleet/pci';
import type { BusDevice } from '../domain/hardware.js';

const at = (text: string): PciAddress => parsePciAddress(text) as PciAddress;

/** Controllers of what is not PCI itself; `cards.ts` plugs them in. */
export const USB_CONTROLLER = at('00:14.0');
export const DISK_CONTROLLER = at('05:00.0');

/** Disks on the controller; the first is the host's own. */
const DISKS = 4;
export const ROOT_DISK: readonly HostUse[] = [
  { code: 'mounted', detail: '/boot on sda1' },
  { code: 'mounted', detail: 'swap on sda3' },
  { code: 'root-disk', detail: '/ on sda2' },
];

/** What each simulated host has beside PCI: two USB devices, one of them with a disk, and four disks. */
export const peripherals = (host: number): readonly BusDevice[] => [
  usb('1-3', { vendorId: '096e', productId: '0006', vendorName: 'Feitian', productName: 'Licence key', class: '030000', driver: 'usbhid' }),
  usb('2-1', { vendorId: '0781', productId: '5583', vendorName: 'SanDisk', productName: 'Ultra Fit', class: '080650', driver: 'usb-storage' }),
  ...Array.from({ length: DISKS }, (_, disk) => sasDisk(host, disk)),
  {
    ...disk,
    address: '6:0:0:0',
    controller: USB_CONTROLLER,
    above: '2-1',
    place: 'usb1/1/scsi0/0:0:0',
    vendorName: 'SanDisk',
    productName: 'Ultra Fit',
  },
];

const disk = { kind: 'scsi', className: 'disk', driver: 'sd', net: [], hostUse: [] } as const;

const CLASS_NAMES: Readonly<Record<string, string>> = { '03': 'Human Interface Device', '08': 'Mass Storage' };

const usb = (address: string, given: Partial<BusDevice> & { readonly class: string }): BusDevice => {
  const [bus = '1', ports = ''] = address.split('-');
  const className = CLASS_NAMES[given.class.slice(0, 2)];
  return {
    kind: 'usb',
    address,
    controller: USB_CONTROLLER,
    place: `usb${Number(bus) - 1}/${ports}`,
    ...given,
    ...(className !== undefined && { className }),
    net: [],
    hostUse: [],
  };
};

const sasDisk = (host: number, number: number): BusDevice => ({
  ...disk,
  address: `0:0:${number}:0`,
  controller: DISK_CONTROLLER,
  place: `scsi0/0:${number}:0`,
  vendorName: 'SEAGATE',
  productName: 'ST4000NM000A',
  serial: `naa.5000c50${host.toString(16).padStart(4, '0')}${number.toString(16).padStart(5, '0')}`,
  hostUse: number === 0 ? ROOT_DISK : [],
});
