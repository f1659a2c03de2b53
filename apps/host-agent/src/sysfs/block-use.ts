import type { HostUse } from '@vfleet/pci';
import { followIfThere, listIfThere } from './bus-folders.js';
import { readLines, readText } from './read.js';

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
/** Deeper than any stack of dm, md and partitions; one that runs in a circle ends here. */
const MAX_DEPTH = 32;

/** Folders of what carries the host's disks, each with what the host has there; undefined where no mount table can be read. */
export const blockUses = (root: string, procRoot: string): readonly (readonly [string, HostUse])[] | undefined => {
  const tables = [...MOUNTINFO.map((file) => [file, parseMountinfo] as const), ...MOUNTS.map((file) => [file, parseMounts] as const)];
  const read = tables.flatMap(([file, parse]) => {
    const lines = readLines(`${procRoot}/${file}`);
    return lines ? [lines.flatMap((line) => parse(line) ?? [])] : [];
  });
  if (read.length === 0) return undefined;
  const blocks = blockDevices(root);
  const swaps = (readLines(`${procRoot}/swaps`) ?? []).flatMap((line) => parseSwap(line) ?? []);
  return [...usesByBlock([...read.flat(), ...swaps], blocks)].flatMap(([name, uses]) =>
    blocks.carriersOf(name).flatMap((folder) => uses.map((use) => [folder, use] as const)),
  );
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

interface BlockDevices {
  readonly byNumber: (number: string | undefined) => string | undefined;
  readonly bySource: (source: string) => string | undefined;
  /** Folders of the devices that a block device lies on, through partitions, dm, md and NVMe multipath. */
  readonly carriersOf: (name: string) => readonly string[];
}

const blockDevices = (root: string): BlockDevices => {
  const names = new Set(listIfThere(`${root}/class/block`));
  const numbers = new Map<string, string>();
  const mappings = new Map<string, string>();
  for (const name of names) {
    const [number, mapping] = [readText(`${root}/class/block/${name}/dev`), readText(`${root}/class/block/${name}/dm/name`)];
    if (number !== undefined) numbers.set(number, name);
    if (mapping !== undefined) mappings.set(mapping, name);
  }
  return {
    byNumber: (number) => (number === undefined ? undefined : numbers.get(number)),
    bySource: (source) => {
      const path = source.startsWith('/dev/') ? source.slice('/dev/'.length) : '';
      const [group = '', volume] = path.split('/');
      if (group === 'mapper' && volume !== undefined) return mappings.get(volume);
      const plain = path.replaceAll('/', '!');
      return names.has(plain) ? plain : mappings.get(`${group.replaceAll('-', '--')}-${(volume ?? '').replaceAll('-', '--')}`);
    },
    carriersOf: (name) => [...carriers(root, names, name, new Set())],
  };
};

const carriers = (root: string, names: ReadonlySet<string>, name: string, seen: Set<string>): readonly string[] => {
  if (seen.has(name) || seen.size > MAX_DEPTH * MAX_DEPTH || !names.has(name)) return [];
  seen.add(name);
  const folder = followIfThere(root, `${root}/class/block/${name}`);
  if (folder === undefined) return [];
  const parts = folder.split('/');
  const whole = parts.at(-2) ?? '';
  const subsystem = parts.findIndex((part) => /^nvme-subsys\d+$/.test(part));
  const paths = subsystem < 0 ? [] : listIfThere(parts.slice(0, subsystem + 1).join('/')).filter((entry) => /^nvme\d+$/.test(entry));
  return [
    folder,
    ...paths.flatMap((entry) => followIfThere(root, `${parts.slice(0, subsystem + 1).join('/')}/${entry}`) ?? []),
    ...[whole, ...listIfThere(`${folder}/slaves`)].flatMap((below) => carriers(root, names, below, seen)),
  ];
};
