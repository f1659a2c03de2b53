import { addressSortKey } from '@vfleet/pci';
import type { BusDevice, UnreadableDevice } from '../domain/hardware.js';
import { ancestryOf, USB_ADDRESS } from './ancestry.js';
import { attempt, busFolders, ifStillThere, listDevice } from './bus-folders.js';
import { readNet } from './net.js';
import { usbPlace } from './place.js';
import { readLinkName, readText } from './read.js';
import { readName, readSerial } from './text.js';
import { Unreadable } from './unreadable.js';

const BUS = 'bus/usb/devices';
/** Hubs carry devices and are none. */
const HUB = '09';
/** The device leaves its class to its interfaces (USB 2.0, table 9-8). */
const BY_INTERFACE = '00';

/** Base classes as the USB-IF assigns them (usb.org, defined class codes). */
const CLASS_NAMES: Readonly<Record<string, string>> = {
  '01': 'Audio',
  '02': 'Communications',
  '03': 'Human Interface Device',
  '05': 'Physical Interface Device',
  '06': 'Imaging',
  '07': 'Printer',
  '08': 'Mass Storage',
  '0a': 'CDC Data',
  '0b': 'Smart Card',
  '0d': 'Content Security',
  '0e': 'Video',
  '0f': 'Personal Healthcare',
  '10': 'Audio/Video',
  dc: 'Diagnostic',
  e0: 'Wireless',
  ef: 'Miscellaneous',
  fe: 'Application Specific',
  ff: 'Vendor Specific',
};

/** Devices on USB, below their controllers, without hubs. @throws Unlisted */
export const scanUsb = (root: string, unreadable: UnreadableDevice[]): readonly BusDevice[] => {
  const folders = busFolders(root, BUS, (name) => (USB_ADDRESS.test(name) ? name : undefined), unreadable);
  const devices: BusDevice[] = [];
  for (const [address, folder] of [...folders].sort(([a], [b]) => (addressSortKey('usb', a) < addressSortKey('usb', b) ? -1 : 1)))
    attempt(address, unreadable, () => {
      const device = ifStillThere(folder, readUsbDevice(address, folder));
      if (device) devices.push(device);
    });
  return devices;
};

/** Undefined for a hub. @throws Unreadable */
const readUsbDevice = (address: string, folder: string): BusDevice | undefined => {
  const interfaces = interfacesOf(folder, address);
  const own = classOf(folder, 'bDevice');
  if (own.startsWith(HUB)) return undefined;
  const code = own.startsWith(BY_INTERFACE) && interfaces[0] !== undefined ? classOf(interfaces[0], 'bInterface') : own;
  const controller = ancestryOf(folder).pci.at(-1);
  const [vendorName, productName, serial] = [readName(folder, 'manufacturer'), readName(folder, 'product'), readSerial(folder, 'serial')];
  const className = CLASS_NAMES[code.slice(0, 2)];
  const driver = [...interfaces, folder].map((one) => readLinkName(`${one}/driver`)).find((name) => name !== undefined);
  return {
    kind: 'usb',
    address,
    ...(controller !== undefined && { controller }),
    place: usbPlace(folder),
    vendorId: readId(folder, 'idVendor', 4),
    productId: readId(folder, 'idProduct', 4),
    ...(vendorName !== undefined && { vendorName }),
    ...(productName !== undefined && { productName }),
    class: code,
    ...(className !== undefined && { className }),
    ...(driver !== undefined && { driver }),
    ...(serial !== undefined && { serial }),
    net: interfaces.flatMap((one) => readNet(one, listDevice(one))),
    hostUse: [],
  };
};

/** Its interfaces, the first first: `1-3:1.0`. @throws Unreadable */
const interfacesOf = (folder: string, address: string): readonly string[] =>
  listDevice(folder)
    .filter((name) => name.startsWith(`${address}:`))
    .sort()
    .map((name) => `${folder}/${name}`);

const classOf = (folder: string, prefix: string): string =>
  ['Class', 'SubClass', 'Protocol'].map((part) => readId(folder, `${prefix}${part}`, 2)).join('');

/** Hex digits as USB writes them, without `0x`. @throws Unreadable */
const readId = (folder: string, file: string, digits: number): string => {
  const text = readText(`${folder}/${file}`)?.toLowerCase();
  if (text === undefined || !/^[0-9a-f]+$/.test(text) || text.length !== digits) throw new Unreadable(`its ${file} cannot be read`);
  return text;
};
