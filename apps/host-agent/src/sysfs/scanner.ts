import { existsSync, realpathSync, statSync } from 'node:fs';
import { addressSortKey, parsePciAddress, type DeviceKind, type PciAddress } from '@vfleet/pci';
import type { BusDevice, Hardware, HardwareScan, HostFacts, PciFunction, UnreadableDevice } from '../domain/hardware.js';
import { NothingToScan } from '../nothing-to-scan.js';
import { attempt, busFolders, ifStillThere, listIfThere } from './bus-folders.js';
import { describeHost } from './host.js';
import { readHostUses } from './host-use.js';
import { scanMdev } from './mdev.js';
import { readPciFunction, type Surroundings } from './pci-function.js';
import { placements } from './placement.js';
import { readText } from './read.js';
import { isRecording, runBeside } from './recording.js';
import { scanScsi } from './scsi.js';
import { readDeviceSerial, readVpdSerial } from './serial.js';
import { Unlisted } from './unreadable.js';
import { scanUsb } from './usb.js';

export interface SysfsOptions {
  /** `/sys`, or a folder that looks like it. */
  readonly sysfsRoot: string;
  readonly procRoot: string;
  /** `/run`, or a folder that looks like it; the one beside `sysfsRoot` by default. */
  readonly runRoot?: string;
}

/** The hardware of a machine as its sysfs shows it. */
export const sysfsHardware = ({ sysfsRoot, procRoot, runRoot = runBeside(sysfsRoot) }: SysfsOptions): Hardware => {
  const serials = new Map<string, string | undefined>();
  return {
    scan: () => scan({ sysfsRoot, procRoot, runRoot }, serials),
    describeHost: (): HostFacts => describeHost(sysfsRoot, procRoot),
  };
};

/** @throws NothingToScan */
const scan = ({ sysfsRoot, procRoot, runRoot }: Required<SysfsOptions>, serials: Map<string, string | undefined>): HardwareScan => {
  const root = realRoot(sysfsRoot);
  const unreadable: UnreadableDevice[] = [];
  const functions = scanPci(root, serials, unreadable);
  const { others, unlisted } = scanOthers(root, unreadable);
  const uses = readHostUses({ root, procRoot, runRoot });
  const unseenUses = isRecording(sysfsRoot, procRoot) ? [] : uses.unseen;
  if (unseenUses.length > 0)
    unreadable.push({ address: procRoot, message: `cannot be read: whether a device is in use (${unseenUses.join(', ')}) is not known` });
  const withUse = <Device extends PciFunction | BusDevice>(device: Device): Device => {
    const found = uses.of(device.address);
    return found.length === 0 ? device : { ...device, hostUse: [...device.hostUse, ...found] };
  };
  return { functions: functions.map(withUse), others: others.map(withUse), unreadable, unlisted, ...(unseenUses.length > 0 && { unseenUses }) };
};

const realRoot = (sysfsRoot: string): string => {
  try {
    return realpathSync.native(sysfsRoot);
  } catch (error) {
    throw new NothingToScan(`${sysfsRoot} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
};

const scanPci = (root: string, serials: Map<string, string | undefined>, unreadable: UnreadableDevice[]): readonly PciFunction[] => {
  const folders = pciFolders(root, unreadable);
  const places = placements(folders);
  const surroundings: Surroundings = {
    addressOf: (name) => parsePciAddress(name),
    slots: readSlots(root),
    hasRealGroup: groupCheck(root),
    serialOf: (folder) => cached(serials, folder),
    vfIndexes: new Map(),
  };
  const functions: PciFunction[] = [];
  for (const [address, folder] of folders)
    attempt(address, unreadable, () =>
      functions.push(ifStillThere(folder, readPciFunction(address, folder, places.get(address) ?? { rootBridge: '#0', bridges: [] }, surroundings))),
    );
  if (functions.length === 0) throw new NothingToScan(`no PCI device can be read below ${root}`);
  return functions;
};

const PCI_BUS = 'bus/pci/devices';

/** In the order of their addresses. @throws NothingToScan */
const pciFolders = (root: string, unreadable: UnreadableDevice[]): ReadonlyMap<PciAddress, string> => {
  try {
    const keyed = [...busFolders(root, PCI_BUS, parsePciAddress, unreadable)].map((one) => ({ one, key: addressSortKey('pci', one[0]) }));
    return new Map(keyed.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ one }) => one));
  } catch (error) {
    throw error instanceof Unlisted ? new NothingToScan(error.message) : error;
  }
};

const SCANS = { usb: scanUsb, scsi: scanScsi, mdev: scanMdev } as const;

/** A bus that cannot be listed is told by its kind, and hides only its own devices. */
const scanOthers = (root: string, unreadable: UnreadableDevice[]): Pick<HardwareScan, 'others' | 'unlisted'> => {
  const others: BusDevice[] = [];
  const unlisted: DeviceKind[] = [];
  for (const [kind, scanBus] of Object.entries(SCANS) as [keyof typeof SCANS, typeof scanUsb][])
    try {
      others.push(...scanBus(root, unreadable));
    } catch (error) {
      if (!(error instanceof Unlisted)) throw error;
      unlisted.push(kind);
      unreadable.push({ address: kind, message: error.message });
    }
  return { others, unlisted };
};

const SLOT_NAME = /^[\x20-\x7e]{1,128}$/;

/** Physical slots by `domain:bus:device`, as `bus/pci/slots/<name>/address` has them. */
const readSlots = (sysfsRoot: string): ReadonlyMap<string, string> => {
  const slots = new Map<string, string>();
  const folder = `${sysfsRoot}/bus/pci/slots`;
  for (const name of listIfThere(folder)) {
    const address = readText(`${folder}/${name}/address`);
    if (address !== undefined && SLOT_NAME.test(name)) slots.set(address, name);
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
