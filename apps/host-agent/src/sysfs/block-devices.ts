import { followIfThere, listIfThere } from './bus-folders.js';
import { readText } from './read.js';

/** Deeper than any stack of dm, md and partitions; one that runs in a circle ends here. */
const MAX_DEPTH = 32;

/** Names of disks (Linux `DISK_NAME_LEN` is 32, and a partition's number), and of volumes (`DM_NAME_LEN`, other characters as `\\x20`). */
const NAME = /^[\x21-\x7e]{1,48}$/;
const VOLUME = /^[\x21-\x7e]{1,128}$/;

/** The block devices of a machine, and what they lie on. */
export interface BlockDevices {
  readonly names: ReadonlySet<string>;
  /** `8:2` */
  readonly numberOf: (name: string) => string | undefined;
  /** As the mapper calls it; undefined for what is none of its volumes. */
  readonly volumeOf: (name: string) => string | undefined;
  readonly byNumber: (number: string | undefined) => string | undefined;
  readonly bySource: (source: string) => string | undefined;
  /** Folders of the devices that a block device lies on, through partitions, dm, md and NVMe multipath. */
  readonly carriersOf: (name: string) => readonly string[];
}

export const blockDevices = (root: string): BlockDevices => {
  const names = new Set(listIfThere(`${root}/class/block`).filter((name) => NAME.test(name)));
  const numbers = new Map<string, string>();
  const mappings = new Map<string, string>();
  for (const name of names) {
    const [number, mapping] = [readText(`${root}/class/block/${name}/dev`), readText(`${root}/class/block/${name}/dm/name`)];
    if (number !== undefined) numbers.set(number, name);
    if (mapping !== undefined && VOLUME.test(mapping)) mappings.set(mapping, name);
  }
  const swapped = (map: ReadonlyMap<string, string>): ReadonlyMap<string, string> => new Map([...map].map(([a, b]) => [b, a]));
  const [numberOf, volumeOf] = [swapped(numbers), swapped(mappings)];
  return {
    names,
    numberOf: (name) => numberOf.get(name),
    volumeOf: (name) => volumeOf.get(name),
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
