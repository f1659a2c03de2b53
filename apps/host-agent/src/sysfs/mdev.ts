import type { BusDevice, UnreadableDevice } from '../domain/hardware.js';
import { ancestryOf } from './ancestry.js';
import { attempt, busFolders, ifStillThere, listDevice } from './bus-folders.js';
import { readLinkName } from './read.js';
import { readName } from './text.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Mediated devices that somebody has made of a parent device (kernel documentation, driver-api/vfio-mediated-device.rst). @throws Unlisted */
export const scanMdev = (root: string, unreadable: UnreadableDevice[]): readonly BusDevice[] => {
  const folders = busFolders(root, 'bus/mdev/devices', (name) => (UUID.test(name) ? name : undefined), unreadable);
  const devices: BusDevice[] = [];
  for (const [address, folder] of [...folders].sort(([a], [b]) => (a < b ? -1 : 1)))
    attempt(address, unreadable, () => devices.push(ifStillThere(folder, readMdev(address, folder))));
  return devices;
};

/** @throws Unreadable */
const readMdev = (address: string, folder: string): BusDevice => {
  listDevice(folder);
  const type = readLinkName(`${folder}/mdev_type`);
  // The parent's folder holds its supported types, each with an optional name of its own.
  const productName = (type === undefined ? undefined : readName(`${folder}/../mdev_supported_types/${type}`, 'name')) ?? type;
  const driver = readLinkName(`${folder}/driver`);
  const controller = ancestryOf(folder).pci.at(-1);
  return {
    kind: 'mdev',
    address,
    ...(controller !== undefined && { controller }),
    place: `mdev/${address}`,
    ...(productName !== undefined && { productName }),
    ...(driver !== undefined && { driver }),
    net: [],
    hostUse: [],
  };
};
