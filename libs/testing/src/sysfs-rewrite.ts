import { addressesIn, aFile, aLink, folderOf, groupsIn, textIn, type SysfsTree, type TreeEntry } from './sysfs-tree.js';

/** `0000:28:00.1`, and what names a bus alone: `0000:28`, `pci0000:28`. */
const ADDRESS = /(?<![0-9a-f])([0-9a-f]{4,8}):([0-9a-f]{2})(?=:[0-9a-f]{2}\.[0-7]\b|:[0-9a-f]{2}$|$)/g;

/** Rewrites every path, link target and short text that names a bus. Numbers that are no buses stay. */
const renameBuses = (tree: SysfsTree, rename: (bus: number, domain: string) => number): SysfsTree => {
  const change = (text: string): string =>
    text.replace(ADDRESS, (_, domain: string, bus: string) => `${domain}:${hex(rename(parseInt(bus, 16), domain))}`);
  const changePath = (path: string): string =>
    path
      .split('/')
      .map((part) => change(part))
      .join('/');
  return new Map([...tree].map(([path, entry]) => [changePath(path), changeEntry(path, entry, change, changePath)]));
};

const changeEntry = (path: string, entry: TreeEntry, change: (text: string) => string, changePath: (path: string) => string): TreeEntry => {
  if ('link' in entry) return { link: changePath(entry.link) };
  // `bus/pci/slots/<slot>/address` says `0000:01:00`, without a function.
  if ('bytes' in entry && /^bus\/pci\/slots\/[^/]+\/address$/.test(path))
    return aFile(change(`${Buffer.from(entry.bytes).toString('utf8').trim()}.0`).slice(0, -2));
  return entry;
};

/** What a firmware does that finds more buses: those from one on become higher, as far as there is no room before them. */
export const shiftBuses = (tree: SysfsTree, from: number, by: number, inDomain = '0000'): SysfsTree => {
  const moved = new Map<number, number>();
  let free = from + by;
  for (const bus of busesIn(tree, inDomain)) {
    if (bus < from || bus >= free) continue;
    moved.set(bus, free);
    free += 1;
  }
  return renameBuses(tree, (bus, domain) => (domain === inDomain ? (moved.get(bus) ?? bus) : bus));
};

/** In order, with those of root bridges. */
const busesIn = (tree: SysfsTree, inDomain: string): readonly number[] => {
  const buses = new Set<number>();
  for (const path of tree.keys())
    for (const [, domain, bus] of path.matchAll(ADDRESS)) if (domain === inDomain && bus !== undefined) buses.add(parseInt(bus, 16));
  return [...buses].sort((a, b) => a - b);
};

/** Other numbers for the IOMMU groups, as after another boot; `rename` must give each its own. */
export const renumberGroups = (tree: SysfsTree, rename: (group: number) => number): SysfsTree => {
  const change = (path: string): string =>
    path.replace(
      /(^|\/)(iommu_groups)\/(\d+)(?=\/|$)/,
      (_, before: string, folder: string, group: string) => `${before}${folder}/${rename(Number(group))}`,
    );
  return new Map([...tree].map(([path, entry]) => [change(path), 'link' in entry ? { link: change(entry.link) } : entry]));
};

export interface AddedCard {
  /** Where its root port goes: `0000:00:1c.0`. */
  readonly port: string;
  /** Its bus: what had this number, or a higher one, moves up by one. */
  readonly bus: number;
  readonly vendorId?: string;
  readonly productId?: string;
  readonly class?: string;
}

/** A card in a slot that was empty, with its root port: every bus behind it moves. */
export const addCard = (tree: SysfsTree, card: AddedCard): SysfsTree => {
  const [domain = '', rootBus = '00'] = card.port.split(':');
  const shifted = new Map(shiftBuses(tree, card.bus, 1, domain));
  const port = `devices/pci${domain}:${rootBus}/${card.port}`;
  const address = `${domain}:${hex(card.bus)}:00.0`;
  const group = Math.max(-1, ...groupsIn(tree)) + 1;
  putFunction(shifted, port, { vendorId: '8086', productId: '347a', class: '060400', group });
  putFunction(shifted, `${port}/${address}`, { vendorId: '15b3', productId: '101d', class: '020000', ...card, group: group + 1 });
  return shifted;
};

interface Shape {
  readonly vendorId: string;
  readonly productId: string;
  readonly class: string;
  readonly group?: number;
}

const putFunction = (tree: Map<string, TreeEntry>, folder: string, { vendorId, productId, class: code, group }: Shape): void => {
  tree.set(folder, { folder: true });
  const files = { vendor: `0x${vendorId}`, device: `0x${productId}`, class: `0x${code}`, subsystem_vendor: '0x0000', subsystem_device: '0x0000' };
  for (const [file, text] of Object.entries({ ...files, revision: '0x01', numa_node: '-1' })) tree.set(`${folder}/${file}`, aFile(text));
  const link = `bus/pci/devices/${folder.slice(folder.lastIndexOf('/') + 1)}`;
  tree.set(link, aLink(link, folder));
  if (group === undefined) return;
  tree.set(`kernel/iommu_groups/${group}`, { folder: true });
  tree.set(`${folder}/iommu_group`, aLink(`${folder}/iommu_group`, `kernel/iommu_groups/${group}`));
};

/** Enables VFs of a function that had none, each in an IOMMU group of its own where the machine has groups; it becomes a PF. */
export const addVfs = (tree: SysfsTree, pf: string, count: number, totalVfs = Math.max(count, 8)): SysfsTree => {
  const folder = folderOf(tree, pf);
  if (Number(textIn(tree, `${folder}/sriov_numvfs`) ?? 0) > 0) throw new Error(`${pf} has virtual functions already`);
  const rewritten = new Map(tree);
  const groups = groupsIn(tree);
  const routing = freeRoutingIds(tree, pf);
  rewritten.set(`${folder}/sriov_totalvfs`, aFile(String(totalVfs)));
  rewritten.set(`${folder}/sriov_numvfs`, aFile(String(count)));
  const ids = (file: string): string => (textIn(tree, `${folder}/${file}`) ?? '0xffff').slice(2);
  for (let index = 0; index < count; index += 1) {
    const vf = routing(index);
    const vfFolder = `${folder.slice(0, folder.lastIndexOf('/'))}/${vf}`;
    const group = groups.length === 0 ? {} : { group: Math.max(...groups) + 1 + index };
    putFunction(rewritten, vfFolder, { vendorId: ids('vendor'), productId: 'f0f0', class: ids('class'), ...group });
    rewritten.set(`${vfFolder}/physfn`, aLink(`${vfFolder}/physfn`, folder));
    rewritten.set(`${folder}/virtfn${index}`, aLink(`${folder}/virtfn${index}`, vfFolder));
  }
  return rewritten;
};

/** Disables a PF's virtual functions: they and their groups vanish. */
export const removeVfs = (tree: SysfsTree, pf: string): SysfsTree => {
  const folder = folderOf(tree, pf);
  const vfs = [...tree].flatMap(([path, entry]) =>
    path.startsWith(`${folder}/virtfn`) && 'link' in entry ? [entry.link.slice(entry.link.lastIndexOf('/') + 1)] : [],
  );
  const groups = new Set(vfs.flatMap((vf) => linkName(tree, `${folderOf(tree, vf)}/iommu_group`) ?? []));
  const isGone = (path: string): boolean =>
    path.startsWith(`${folder}/virtfn`) ||
    path.split('/').some((part, index, parts) => vfs.includes(part) || (parts[index - 1] === 'iommu_groups' && groups.has(part)));
  return new Map([...[...tree].filter(([path]) => !isGone(path)), [`${folder}/sriov_numvfs`, aFile('0')]]);
};

const linkName = (tree: SysfsTree, path: string): string | undefined => {
  const entry = tree.get(path);
  return entry && 'link' in entry ? entry.link.slice(entry.link.lastIndexOf('/') + 1) : undefined;
};

/** Addresses on the PF's bus that nobody has: above the PF's own, and from slot 0x10 on, as cards with an offset of 128 use them. */
const freeRoutingIds = (tree: SysfsTree, pf: string): ((index: number) => string) => {
  const taken = new Set(addressesIn(tree));
  const bus = pf.slice(0, pf.lastIndexOf(':'));
  const free: string[] = [];
  for (let id = 0x80; id < 0x100; id += 1) {
    const address = `${bus}:${hex(id >> 3)}.${id & 7}`;
    if (!taken.has(address) && address > pf) free.push(address);
  }
  return (index) => {
    const address = free[index];
    if (address === undefined) throw new Error(`no room for another virtual function of ${pf}`);
    return address;
  };
};

const hex = (bus: number): string => {
  if (bus > 0xff) throw new Error('a domain has 256 buses');
  return bus.toString(16).padStart(2, '0');
};
