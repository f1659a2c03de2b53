import { addressSortKey } from '@vfleet/pci';
import type { BusDevice, UnreadableDevice } from '../domain/hardware.js';
import { ancestryOf, SCSI_ADDRESS } from './ancestry.js';
import { attempt, busFolders, ifStillThere, listDevice } from './bus-folders.js';
import { scsiHostOrdinals, scsiPlace } from './place.js';
import { readInteger, readLinkName } from './read.js';
import { readName, readSerial } from './text.js';
import { Unreadable } from './unreadable.js';

/** Peripheral device types (SPC-5, 6.7.2). */
const TYPES: Readonly<Record<number, string>> = {
  0: 'disk',
  1: 'tape',
  3: 'processor',
  4: 'write-once disk',
  5: 'optical drive',
  7: 'optical memory',
  8: 'medium changer',
  12: 'storage array controller',
  13: 'enclosure services',
  14: 'disk',
  20: 'zoned disk',
};

/** Logical units of all SCSI hosts. @throws Unlisted */
export const scanScsi = (root: string, unreadable: UnreadableDevice[]): readonly BusDevice[] => {
  const folders = busFolders(root, 'bus/scsi/devices', (name) => (SCSI_ADDRESS.test(name) ? name : undefined), unreadable);
  const ordinalOf = scsiHostOrdinals(root);
  const devices: BusDevice[] = [];
  for (const [address, folder] of [...folders].sort(([a], [b]) => (addressSortKey('scsi', a) < addressSortKey('scsi', b) ? -1 : 1)))
    attempt(address, unreadable, () => devices.push(ifStillThere(folder, readScsiDevice(address, folder, ordinalOf))));
  return devices;
};

/** @throws Unreadable */
const readScsiDevice = (address: string, folder: string, ordinalOf: (host: string) => number): BusDevice => {
  listDevice(folder);
  const { pci, usb } = ancestryOf(folder);
  const [controller, above] = [pci.at(-1), usb.at(-1)];
  const [vendorName, productName] = [readName(folder, 'vendor'), readName(folder, 'model')];
  if (vendorName === undefined && productName === undefined) throw new Unreadable('neither its vendor nor its model can be read');
  const serial = readSerial(folder, 'wwid');
  const type = readInteger(`${folder}/type`);
  const className = type === undefined ? undefined : TYPES[type];
  const driver = readLinkName(`${folder}/driver`);
  return {
    kind: 'scsi',
    address,
    ...(controller !== undefined && { controller }),
    ...(above !== undefined && { above }),
    place: scsiPlace(folder, address, ordinalOf),
    ...(vendorName !== undefined && { vendorName }),
    ...(productName !== undefined && { productName }),
    ...(className !== undefined && { className }),
    ...(driver !== undefined && { driver }),
    ...(serial !== undefined && { serial }),
    net: [],
    hostUse: [],
  };
};
