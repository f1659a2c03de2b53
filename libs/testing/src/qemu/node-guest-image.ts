import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { aFolder } from '../run.js';
import { cpioArchive, type ArchiveEntry } from './cpio-archive.js';
import type { GuestImage } from './guest-image.js';
import type { GuestParts } from './guest-parts.js';
import { kernelModules, type KernelModule } from './kernel-modules.js';
import { packagesBelow } from './package-closure.js';

/** What runs in a guest that has a Node of its own. */
export interface NodeGuest {
  /** Folder of the package of this checkout that is to run there; its `dist` and all that it depends on go along. */
  readonly package: string;
  /** Below that folder: `dist/kernel/testing/guest-program.js`. */
  readonly program: string;
  /** Kernel modules that the program needs, beside those of the machine's own. */
  readonly modules: readonly string[];
}

const MACHINE_MODULES = ['virtio_pci', 'virtio_console'];
const HOME = 'vfleet';

/** The program is the guest's first process; what it prints stands on the console. */
const init = (modules: readonly KernelModule[], program: string): string => `#!/bin/busybox sh
busybox mount -t proc proc /proc
busybox mount -t sysfs sys /sys
busybox mount -t devtmpfs dev /dev
${modules.map(({ name }) => `busybox insmod /modules/${name}.ko`).join('\n')}
exec /bin/node /${HOME}/${program}
`;

/** Shared libraries of a program where it looks for them, by the words of `ldd`: `libc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x…)`. */
const librariesOf = (program: string): readonly string[] =>
  [...execFileSync('ldd', [program], { encoding: 'utf8' }).matchAll(/(\/\S+) \(0x/g)].map(([, path]) => path as string);

const RUNS = /\.(js|cjs|mjs|json)$/;

const packageFiles = (folder: string, as: string): readonly ArchiveEntry[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && RUNS.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .map((path) => ({ path: `${as}/${path}`, kind: 'file' as const, bytes: readFileSync(join(folder, path)) }));

const programFiles = (guest: NodeGuest): readonly ArchiveEntry[] => [
  ...packageFiles(join(guest.package, 'dist'), `${HOME}/dist`),
  { path: `${HOME}/package.json`, kind: 'file', bytes: readFileSync(join(guest.package, 'package.json')) },
  ...[...packagesBelow(guest.package)].flatMap(([name, folder]) => packageFiles(folder, `${HOME}/node_modules/${name}`)),
];

const nodeFiles = (): readonly ArchiveEntry[] => {
  const node = realpathSync(process.execPath);
  const libraries = librariesOf(node).map((path) => ({ path: path.slice(1), kind: 'program' as const, bytes: readFileSync(path) }));
  return [{ path: 'bin/node', kind: 'program', bytes: readFileSync(node) }, ...libraries];
};

/** Folders stand before what is in them. */
const withFolders = (files: readonly ArchiveEntry[]): readonly ArchiveEntry[] => {
  const folders = new Set(['proc', 'sys', 'dev', 'tmp']);
  const add = (folder: string): void => {
    if (folder === '.' || folders.has(folder)) return;
    add(dirname(folder));
    folders.add(folder);
  };
  for (const { path } of files) add(dirname(path));
  return [...[...folders].map((path) => ({ path, kind: 'folder' as const })), ...files];
};

/** Makes the image of a guest that runs a program of this checkout. Not compressed: the guest would take longer to unpack it. */
export const nodeGuestImage = (parts: GuestParts, guest: NodeGuest): GuestImage => {
  const modules = kernelModules(parts, [...MACHINE_MODULES, ...guest.modules]);
  const initramfs = join(aFolder('guest'), 'initramfs');
  const files: readonly ArchiveEntry[] = [
    { path: 'bin/busybox', kind: 'program', bytes: readFileSync(parts.busybox) },
    ...modules.map(({ name, bytes }) => ({ path: `modules/${name}.ko`, kind: 'file' as const, bytes })),
    ...nodeFiles(),
    ...programFiles(guest),
    { path: 'init', kind: 'program', bytes: Buffer.from(init(modules, guest.program)) },
  ];
  writeFileSync(initramfs, cpioArchive(withFolders(files)));
  return { kernel: parts.kernel, initramfs };
};
