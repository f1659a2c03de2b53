import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import type { SysfsCapture } from './sysfs-capture.js';
import { scratchFolder } from './scratch.js';

/** What stands at a path: a link with its target, or a file with its bytes. Folders are there when something is in them. */
export type TreeEntry = { readonly link: string } | { readonly bytes: Uint8Array } | { readonly folder: true };

/** A sysfs tree in memory, by paths below its root. Never changed: a rewritten one is another one. */
export type SysfsTree = ReadonlyMap<string, TreeEntry>;

export interface WrittenTree {
  readonly sysfsRoot: string;
  readonly close: () => void;
}

export const readTree = (root: string): SysfsTree => {
  const tree = new Map<string, TreeEntry>();
  const read = (below: string): void => {
    for (const name of readdirSync(join(root, below))) {
      const path = below === '' ? name : `${below}/${name}`;
      const found = lstatSync(join(root, path));
      if (found.isSymbolicLink()) tree.set(path, { link: readlinkSync(join(root, path)) });
      else if (found.isDirectory()) {
        tree.set(path, { folder: true });
        read(path);
      } else tree.set(path, { bytes: readFileSync(join(root, path)) });
    }
  };
  read('');
  return tree;
};

/** Reads a capture and removes it from the disk. */
export const treeOf = (capture: SysfsCapture): SysfsTree => {
  const tree = readTree(capture.sysfsRoot);
  capture.close();
  return tree;
};

/** Writes a tree into a new temporary folder. */
export const writeTree = (tree: SysfsTree): WrittenTree => {
  const sysfsRoot = scratchFolder('rewritten');
  for (const [path, entry] of tree) {
    const target = join(sysfsRoot, path);
    if ('folder' in entry) mkdirSync(target, { recursive: true });
    else {
      mkdirSync(dirname(target), { recursive: true });
      if (existsSync(target)) throw new Error(`${path} stands in the tree twice`);
      if ('link' in entry) symlinkSync(entry.link, target);
      else writeFileSync(target, entry.bytes);
    }
  }
  return { sysfsRoot, close: () => rmSync(sysfsRoot, { recursive: true, force: true }) };
};

/** Makes a tree on the disk into what a change makes of it; what stays the same is not touched. */
export const rewriteOnDisk = (root: string, change: (tree: SysfsTree) => SysfsTree): void => {
  const before = readTree(root);
  const after = change(before);
  for (const path of before.keys()) if (!after.has(path)) rmSync(join(root, path), { recursive: true, force: true });
  for (const [path, entry] of after) if (before.get(path) !== entry) put(join(root, path), entry);
};

const put = (target: string, entry: TreeEntry): void => {
  if ('folder' in entry) return void mkdirSync(target, { recursive: true });
  mkdirSync(dirname(target), { recursive: true });
  rmSync(target, { force: true });
  if ('link' in entry) symlinkSync(entry.link, target);
  else writeFileSync(target, entry.bytes);
};

export const textIn = (tree: SysfsTree, path: string): string | undefined => {
  const entry = tree.get(path);
  return entry && 'bytes' in entry ? Buffer.from(entry.bytes).toString('utf8').trim() : undefined;
};

export const aFile = (text: string): TreeEntry => ({ bytes: Buffer.from(`${text}\n`) });

/** A link from one path to another, relative as sysfs has them. */
export const aLink = (from: string, to: string): TreeEntry => ({ link: posix.relative(posix.dirname(from), to) });

/** The folder of a PCI function, by its link in `bus/pci/devices`. */
export const folderOf = (tree: SysfsTree, address: string): string => {
  const entry = tree.get(`bus/pci/devices/${address}`);
  if (!entry || !('link' in entry)) throw new Error(`the tree has no function ${address}`);
  return posix.normalize(posix.join('bus/pci/devices', entry.link));
};

export const addressesIn = (tree: SysfsTree): readonly string[] =>
  [...tree.keys()].flatMap((path) => /^bus\/pci\/devices\/([^/]+)$/.exec(path)?.[1] ?? []).sort();

/** Numbers of the IOMMU groups; poor trees have them as dangling links only. */
export const groupsIn = (tree: SysfsTree): readonly number[] => {
  const texts = [...tree].flatMap(([path, entry]) => ('link' in entry ? [path, entry.link] : [path]));
  return [...new Set(texts.flatMap((text) => /iommu_groups\/(\d+)(\/|$)/.exec(text)?.[1] ?? []))].map(Number).sort((a, b) => a - b);
};
