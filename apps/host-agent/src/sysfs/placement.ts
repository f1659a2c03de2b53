import { parsePciAddress, pciAddressParts, type PciAddress } from '@vfleet/pci';
import { readText } from './read.js';

/** Where a function sits: the root bridge it hangs under, and the bridges between. */
export interface Placement {
  readonly rootBridge: string;
  readonly bridges: readonly PciAddress[];
  /** The function above the root bridge, where a function has a root bus of its own below it. */
  readonly behind?: PciAddress;
}

const ROOT_BRIDGE = /^pci([0-9a-f]{4,8}):([0-9a-f]{2})$/;

/** Reads placements off device paths: `…/pci0000:00/0000:00:03.0/0000:01:00.0`. One for a whole scan, for roots are counted. */
export const placements = (folders: ReadonlyMap<PciAddress, string>): ReadonlyMap<PciAddress, Placement> => {
  const located = [...folders].map(([address, folder]) => ({ address, ...locate(address, folder) }));
  const roots = new Map(located.map(({ root, rootFolder }) => [root, rootFolder]));
  const names = nameRoots(roots);
  return new Map(
    located.map(({ address, root, rootFolder = '', bridges }) => {
      const behind = parsePciAddress(rootFolder.split('/').at(-2) ?? '');
      return [address, { rootBridge: names.get(root) ?? '#0', bridges, ...(behind && { behind }) }];
    }),
  );
};

/** A tree that shows devices without their hierarchy has every bus as a root of its own. */
const locate = (
  address: PciAddress,
  folder: string,
): { readonly root: string; readonly rootFolder?: string; readonly bridges: readonly PciAddress[] } => {
  const parts = folder.split('/');
  const index = parts.findLastIndex((part) => ROOT_BRIDGE.test(part));
  const between = index < 0 ? [] : parts.slice(index + 1, -1).map((part) => parsePciAddress(part));
  if (index < 0 || between.includes(undefined)) {
    const [domain, bus] = address.split(':');
    return { root: `pci${domain}:${bus}`, bridges: [] };
  }
  return { root: parts[index] as string, rootFolder: parts.slice(0, index + 1).join('/'), bridges: between as PciAddress[] };
};

/** A root's firmware path (ACPI: `\_SB_.PCI0`), else its ordinal among the roots of its domain, for bus numbers change. */
const nameRoots = (roots: ReadonlyMap<string, string | undefined>): ReadonlyMap<string, string> => {
  const ordinals = new Map<string, number>();
  const names = new Map<string, string>();
  for (const root of [...roots.keys()].sort(byNumber)) {
    const [domain = ''] = root.split(':');
    const ordinal = ordinals.get(domain) ?? 0;
    ordinals.set(domain, ordinal + 1);
    const folder = roots.get(root);
    const firmwarePath = folder === undefined ? undefined : readText(`${folder}/firmware_node/path`);
    names.set(root, firmwarePath !== undefined && /^[\x21-\x7e]{1,200}$/.test(firmwarePath) ? firmwarePath : `#${ordinal}`);
  }
  return names;
};

const byNumber = (a: string, b: string): number => rootNumber(a) - rootNumber(b);
const rootNumber = (root: string): number => {
  const [, domain = '0', bus = '0'] = ROOT_BRIDGE.exec(root) ?? [];
  return parseInt(domain, 16) * 256 + parseInt(bus, 16);
};

/** Function number within a card: with ARI the slot bits belong to it (PCIe 6.0, 6.13). */
export const functionNumberOf = (address: PciAddress, ari: boolean): number => {
  const { slot, fn } = pciAddressParts(address);
  return ari ? slot * 8 + fn : fn;
};
