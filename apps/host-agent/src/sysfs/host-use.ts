import type { HostUse, HostUseCode } from '@vfleet/pci';
import { ancestryOf } from './ancestry.js';
import { blockUses } from './block-use.js';
import { netUses } from './net-use.js';

/** Where a machine shows itself. */
export interface HostRoots {
  /** The real path of its sysfs. */
  readonly root: string;
  readonly procRoot: string;
  /** Its `/run`, with udev's database. */
  readonly runRoot: string;
}

export interface HostUses {
  /** By address, of every kind: a mounted LUN, the USB stick that it is part of, and the controller that carries it. */
  readonly of: (address: string) => readonly HostUse[];
  /** What could not be looked for. */
  readonly unseen: readonly HostUseCode[];
}

const OF_DISKS: readonly HostUseCode[] = ['root-disk', 'mounted'];
const OF_ROUTES: readonly HostUseCode[] = ['default-route', 'management'];

/** What the host itself needs of its devices: file systems, swap, routes, addresses, bridges and bonds. */
export const readHostUses = (roots: HostRoots): HostUses => {
  const { root, procRoot } = roots;
  const blocks = blockUses(roots);
  const nets = netUses(root, procRoot);
  const found = new Map<string, Map<string, HostUse>>();
  for (const [folder, use] of [...blocks.uses, ...nets.uses]) {
    const { carriers, usb, scsi } = ancestryOf(folder);
    for (const address of [...carriers, ...usb, ...(scsi === undefined ? [] : [scsi])]) {
      const uses = found.get(address) ?? new Map<string, HostUse>();
      found.set(address, uses.set(`${use.code} ${use.detail}`, use));
    }
  }
  const sorted = new Map([...found].map(([address, uses]) => [address, [...uses].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, use]) => use)]));
  return {
    of: (address) => sorted.get(address) ?? [],
    unseen: [...(blocks.complete ? [] : OF_DISKS), ...(nets.routed ? [] : OF_ROUTES)],
  };
};
