import type { HostUse } from '@vfleet/pci';
import { blockDevices, type BlockDevices } from './block-devices.js';
import { blockMembers } from './block-members.js';
import type { HostRoots } from './host-use.js';
import { readLines } from './read.js';

/** A block device that the host has mounted, or swaps to. */
interface Mounted {
  /** `8:2`, where the table says it; file systems over several disks have a number of their own, `0:31`. */
  readonly number?: string;
  /** `/dev/mapper/vg-root` */
  readonly source: string;
  readonly mountPoint: string;
}

/** Mount tables, the host's own before those of whatever the agent runs in; the first has the devices' numbers. */
const MOUNTINFO = ['1/mountinfo', 'self/mountinfo'];
const MOUNTS = ['1/mounts', 'self/mounts', 'mounts'];

type FolderUse = readonly [folder: string, use: HostUse];

export interface BlockUses {
  /** Folders of what carries the host's disks, each with what the host has there. */
  readonly uses: readonly FolderUse[];
  /** False where it is not known of every disk: no mount table can be read, or a pool whose disks nobody names. */
  readonly complete: boolean;
}

/** What the host has on its disks: mounted and swapped to, and what is a part of something without being mounted. */
export const blockUses = ({ root, procRoot, runRoot }: HostRoots): BlockUses => {
  const blocks = blockDevices(root);
  const mounted = mountedUses(procRoot, blocks);
  const members = blockMembers(root, procRoot, runRoot, blocks);
  const carried = ([name, uses]: readonly [string, readonly HostUse[]]): readonly FolderUse[] =>
    blocks.carriersOf(name).flatMap((folder) => uses.map((use) => [folder, use] as const));
  const seen = (mounted ?? []).flatMap(carried);
  const known = new Set(seen.map(([folder]) => folder));
  // What is mounted says it better than what it is mounted from.
  const others = [...members.uses].filter(([name]) => !blocks.carriersOf(name).some((folder) => known.has(folder)));
  return { uses: [...seen, ...others.flatMap(carried)], complete: mounted !== undefined && members.complete };
};

/** Undefined where no mount table can be read. */
const mountedUses = (procRoot: string, blocks: BlockDevices): readonly (readonly [string, readonly HostUse[]])[] | undefined => {
  const tables = [...MOUNTINFO.map((file) => [file, parseMountinfo] as const), ...MOUNTS.map((file) => [file, parseMounts] as const)];
  const read = tables.flatMap(([file, parse]) => {
    const lines = readLines(`${procRoot}/${file}`);
    return lines ? [lines.flatMap((line) => parse(line) ?? [])] : [];
  });
  if (read.length === 0) return undefined;
  const swaps = (readLines(`${procRoot}/swaps`) ?? []).flatMap((line) => parseSwap(line) ?? []);
  return [...usesByBlock([...read.flat(), ...swaps], blocks)];
};

const SWAP = 'swap';

/** One use for each device: the shortest mount point, for bind mounts come and go with every container. */
const usesByBlock = (mounted: readonly Mounted[], blocks: BlockDevices): ReadonlyMap<string, readonly HostUse[]> => {
  const points = new Map<string, Set<string>>();
  for (const one of mounted) {
    const name = blocks.byNumber(one.number) ?? blocks.bySource(one.source);
    if (name !== undefined) points.set(name, (points.get(name) ?? new Set()).add(one.mountPoint));
  }
  return new Map(
    [...points].map(([name, all]) => {
      const [shortest] = [...all].filter((point) => point !== SWAP).sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
      const uses = [...(shortest === undefined ? [] : [shortest]), ...(all.has(SWAP) ? [SWAP] : [])];
      return [name, uses.map((point) => ({ code: point === '/' ? 'root-disk' : 'mounted', detail: `${point.slice(0, 200)} on ${name}` }))];
    }),
  );
};

/** `36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw` (man 5 proc_pid_mountinfo) */
const parseMountinfo = (line: string): Mounted | undefined => {
  const [before = '', after = ''] = line.split(' - ');
  const [, , number, , mountPoint] = before.split(' ');
  const [, source] = after.split(' ');
  return number === undefined || mountPoint === undefined || source === undefined
    ? undefined
    : { number, source: unescape(source), mountPoint: unescape(mountPoint) };
};

const parseMounts = (line: string): Mounted | undefined => {
  const [source = '', mountPoint] = line.split(' ');
  return mountPoint === undefined ? undefined : { source: unescape(source), mountPoint: unescape(mountPoint) };
};

const parseSwap = (line: string): Mounted | undefined => {
  const [source = '', type] = line.split(/\s+/);
  return type === 'partition' ? { source: unescape(source), mountPoint: SWAP } : undefined;
};

/** Blanks and the like stand there as octal numbers. What is no line of its own stays none. */
const unescape = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8))).replace(/[\p{Cc}\p{Cs}]/gu, '?');
