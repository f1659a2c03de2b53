import { pciAddressParts, type HostUse, type PciAddress } from '@vfleet/pci';
import type { PciFunction } from '../domain/hardware.js';
import { listDevice } from './bus-folders.js';
import { readNet } from './net.js';
import { Unreadable } from './unreadable.js';
import { functionNumberOf, type Placement } from './placement.js';
import { readHex, readInteger, readLinkName } from './read.js';

/** What a function needs to know of the rest of the machine while it is read. */
export interface Surroundings {
  readonly addressOf: (name: string) => PciAddress | undefined;
  readonly slots: ReadonlyMap<string, string>;
  readonly hasRealGroup: (group: number) => boolean;
  readonly serialOf: (folder: string) => string | undefined;
  /** Filled by PFs as they are read: a VF's routing id is above its PF's, so that in address order the PF comes first. */
  readonly vfIndexes: Map<PciAddress, number>;
}

/** Class of PCI bridges: a switch often repeats one serial for all its ports, so theirs say nothing. */
const BRIDGE = '06';

/** @throws Unreadable */
export const readPciFunction = (
  address: PciAddress,
  folder: string,
  { rootBridge, bridges, behind }: Placement,
  around: Surroundings,
): PciFunction => {
  const entries = listDevice(folder);
  const present = new Set(entries);
  const ids = readIds(folder, present);
  const pf = present.has('physfn') ? around.addressOf(readLinkName(`${folder}/physfn`) ?? '') : undefined;
  const net = readNet(folder, entries);
  const bootVga = present.has('boot_vga') ? readInteger(`${folder}/boot_vga`) : undefined;
  const slot = around.slots.get(address.slice(0, address.lastIndexOf('.')));
  const serial = pf || ids.class?.startsWith(BRIDGE) ? undefined : around.serialOf(folder);
  return {
    address,
    rootBridge,
    bridges,
    ...(behind !== undefined && { behind }),
    functionNumber: functionNumberOf(
      address,
      pciAddressParts(address).slot > 0 && present.has('ari_enabled') && readInteger(`${folder}/ari_enabled`) === 1,
    ),
    ...ids,
    ...readDriver(folder, present),
    ...(pf ? { vfOf: { pf, index: vfIndex(address, pf, around) } } : readSriov(folder, entries, present, around)),
    iommuGroup: readGroup(folder, present, around),
    numaNode: atLeastZero(present.has('numa_node') ? readInteger(`${folder}/numa_node`) : undefined) ?? null,
    ...(slot !== undefined && { slot }),
    ...(serial !== undefined && { serial }),
    ...(bootVga !== undefined && { bootVga: bootVga === 1 }),
    net,
    hostUse: bootVga === 1 ? [BOOT_VGA] : [],
  };
};

const BOOT_VGA: HostUse = { code: 'boot-vga', detail: 'the firmware shows its console here' };

const readIds = (folder: string, present: ReadonlySet<string>): Partial<PciFunction> => {
  const hex = (file: string, digits: number): string | undefined => (present.has(file) ? readHex(`${folder}/${file}`, digits) : undefined);
  const required = (file: string, digits: number): string | undefined => {
    const value = hex(file, digits);
    // A tree that never had the attribute is a poor one; one that cannot give it up is a device in trouble.
    if (value === undefined && present.has(file)) throw new Unreadable(`its ${file} cannot be read`);
    return value;
  };
  const read = {
    vendorId: required('vendor', 4),
    productId: required('device', 4),
    class: required('class', 6),
    subsystemVendorId: hex('subsystem_vendor', 4),
    subsystemProductId: hex('subsystem_device', 4),
    revision: hex('revision', 2),
  };
  if (!Object.values(read).some((value) => value !== undefined)) throw new Unreadable('none of its ids can be read');
  return Object.fromEntries(Object.entries(read).filter(([, value]) => value !== undefined));
};

const readDriver = (folder: string, present: ReadonlySet<string>): { readonly driver?: string } => {
  const driver = present.has('driver') ? readLinkName(`${folder}/driver`) : undefined;
  return driver !== undefined && driver.length <= 128 ? { driver } : {};
};

const readSriov = (
  folder: string,
  entries: readonly string[],
  present: ReadonlySet<string>,
  around: Surroundings,
): Pick<PciFunction, 'totalVfs' | 'numVfs'> => {
  if (!present.has('sriov_totalvfs')) return {};
  for (const entry of entries) {
    if (!/^virtfn\d{1,5}$/.test(entry)) continue;
    const vf = around.addressOf(readLinkName(`${folder}/${entry}`) ?? '');
    const index = Number(entry.slice('virtfn'.length));
    if (vf && index <= MOST_VFS) around.vfIndexes.set(vf, index);
  }
  const [totalVfs, numVfs] = [readVfs(`${folder}/sriov_totalvfs`), readVfs(`${folder}/sriov_numvfs`)];
  return { ...(totalVfs !== undefined && { totalVfs }), ...(numVfs !== undefined && { numVfs }) };
};

/** `TotalVFs` and `NumVFs` of the SR-IOV capability have 16 bits (PCIe 6.0, 9.3.3). */
const MOST_VFS = 65_535;

const readVfs = (path: string): number | undefined => {
  const count = atLeastZero(readInteger(path));
  return count !== undefined && count <= MOST_VFS ? count : undefined;
};

const vfIndex = (vf: PciAddress, pf: PciAddress, { vfIndexes }: Surroundings): number => {
  const index = vfIndexes.get(vf);
  if (index === undefined) throw new Unreadable(`its physical function ${pf} cannot be read, or does not know it`);
  return index;
};

const readGroup = (folder: string, present: ReadonlySet<string>, { hasRealGroup }: Surroundings): number | null => {
  const name = present.has('iommu_group') ? readLinkName(`${folder}/iommu_group`) : undefined;
  if (name === undefined || !/^\d{1,9}$/.test(name)) return null;
  const group = Number(name);
  return hasRealGroup(group) ? group : null;
};

const atLeastZero = (value: number | undefined): number | undefined => (value !== undefined && value >= 0 ? value : undefined);
