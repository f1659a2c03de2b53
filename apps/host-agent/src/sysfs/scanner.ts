import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { addressSortKey, parsePciAddress, type PciAddress } from '@vfleet/pci';
import type { Hardware, HardwareScan, HostFacts, PciFunction, UnreadableDevice } from '../domain/hardware.js';
import { NothingToScan } from '../nothing-to-scan.js';
import { describeHost } from './host.js';
import { readPciFunction, UnreadableFunction, type Surroundings } from './pci-function.js';
import { placements } from './placement.js';
import { readText } from './read.js';
import { readDeviceSerial, readVpdSerial } from './serial.js';

/** More functions than any machine has; a tree with more is not believed. */
const MAX_FUNCTIONS = 16_384;

export interface SysfsOptions {
  /** `/sys`, or a folder that looks like it. */
  readonly sysfsRoot: string;
  readonly procRoot: string;
}

/** The hardware of a machine as its sysfs shows it. */
export const sysfsHardware = ({ sysfsRoot, procRoot }: SysfsOptions): Hardware => {
  const serials = new Map<string, string | undefined>();
  return {
    scan: () => scanPci(sysfsRoot, serials),
    describeHost: (): HostFacts => describeHost(sysfsRoot, procRoot),
  };
};

const scanPci = (sysfsRoot: string, serials: Map<string, string | undefined>): HardwareScan => {
  const unreadable: UnreadableDevice[] = [];
  const folders = findFolders(sysfsRoot, unreadable);
  const places = placements(folders);
  const surroundings: Surroundings = {
    addressOf: (name) => parsePciAddress(name),
    slots: readSlots(sysfsRoot),
    hasRealGroup: groupCheck(sysfsRoot),
    serialOf: (folder) => cached(serials, folder),
    vfIndexes: new Map(),
  };
  const functions: PciFunction[] = [];
  for (const [address, folder] of folders) {
    try {
      functions.push(readPciFunction(address, folder, places.get(address) ?? { rootBridge: '#0', bridges: [] }, surroundings));
    } catch (error) {
      if (!(error instanceof UnreadableFunction)) throw error;
      unreadable.push({ address, message: error.message });
    }
  }
  if (functions.length === 0) throw new NothingToScan(`no PCI device can be read below ${sysfsRoot}`);
  return { functions, unreadable };
};

/** Real folders of the devices, in the order of their addresses. A link that leads out of the tree is not followed. */
const findFolders = (sysfsRoot: string, unreadable: UnreadableDevice[]): ReadonlyMap<PciAddress, string> => {
  const [root, names] = listDevices(sysfsRoot);
  const folders: [PciAddress, string][] = [];
  for (const name of names) {
    const address = parsePciAddress(name);
    if (!address) continue;
    try {
      const folder = realpathSync.native(`${root}/bus/pci/devices/${name}`);
      if (folder.startsWith(`${root}/`)) folders.push([address, folder]);
      else unreadable.push({ address, message: 'its link leads out of the tree' });
    } catch (error) {
      unreadable.push({ address, message: `vanished while it was read (${(error as NodeJS.ErrnoException).code})` });
    }
  }
  const keyed = folders.map((one) => ({ one, key: addressSortKey('pci', one[0]) }));
  return new Map(keyed.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ one }) => one));
};

const listDevices = (sysfsRoot: string): readonly [string, readonly string[]] => {
  try {
    const root = realpathSync.native(sysfsRoot);
    return [root, readdirSync(`${root}/bus/pci/devices`).slice(0, MAX_FUNCTIONS)];
  } catch (error) {
    throw new NothingToScan(`${sysfsRoot}/bus/pci/devices cannot be listed (${(error as NodeJS.ErrnoException).code})`);
  }
};

/** Physical slots by `domain:bus:device`, as `bus/pci/slots/<name>/address` has them. */
const readSlots = (sysfsRoot: string): ReadonlyMap<string, string> => {
  const slots = new Map<string, string>();
  const folder = `${sysfsRoot}/bus/pci/slots`;
  if (!existsSync(folder)) return slots;
  for (const name of readdirSync(folder).slice(0, MAX_FUNCTIONS)) {
    const address = readText(`${folder}/${name}/address`);
    if (address !== undefined && name.length <= 128) slots.set(address, name);
  }
  return slots;
};

/** VFIO without an IOMMU makes groups that isolate nothing, and names them so (kernel, drivers/vfio/group.c). */
const groupCheck = (sysfsRoot: string): ((group: number) => boolean) => {
  const known = new Map<number, boolean>();
  return (group) => {
    const before = known.get(group);
    if (before !== undefined) return before;
    const name = `${sysfsRoot}/kernel/iommu_groups/${group}/name`;
    const real = !existsSync(name) || readText(name) !== 'vfio-noiommu';
    known.set(group, real);
    return real;
  };
};

/**
 * Reading the extended space wakes a sleeping device and VPD takes long, so a serial is read once for as long as the
 * device's folder stays the same one.
 */
const cached = (serials: Map<string, string | undefined>, folder: string): string | undefined => {
  const found = statSync(folder, { throwIfNoEntry: false });
  const key = `${folder} ${found?.ino} ${found?.mtimeMs}`;
  if (!serials.has(key)) serials.set(key, readDeviceSerial(folder) ?? readVpdSerial(folder));
  return serials.get(key);
};
