import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Apt } from '@vfleet/embedded';
import { fetchTool, toolFolder } from '../tools/tool-folder.js';

/** Debian's smallest kernel; it has virtio's network driver, and boots twice as fast as the full one (LZ4, not xz). */
const KERNEL_PACKAGE = 'linux-image-cloud-amd64';
const NAME = 'guest';

/** What a guest is made of: all of it from Debian's packages. */
export interface GuestParts {
  /** A bzImage. */
  readonly kernel: string;
  /** Folder that holds the kernel's modules, at any depth. */
  readonly modules: string;
  /** A static busybox. */
  readonly busybox: string;
}

/** The kernel's package depends on the one that holds the newest kernel; its own version is no part of its name. */
const newestKernel = async (apt: Apt): Promise<readonly string[]> => {
  const { output } = await apt('apt-cache', 'depends', KERNEL_PACKAGE);
  const name = /^ +Depends: (linux-image-\d\S+)$/m.exec(output)?.[1];
  return name === undefined ? [] : [name, 'busybox-static'];
};

const first = (folder: string, start: string): string | undefined =>
  existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => name.startsWith(start))
        .map((name) => join(folder, name))[0]
    : undefined;

const partsIn = (folder: string): GuestParts | undefined => {
  const kernel = first(join(folder, 'boot'), 'vmlinuz-');
  const modules = [join(folder, 'lib/modules'), join(folder, 'usr/lib/modules')].find(existsSync);
  const busybox = [join(folder, 'bin/busybox'), join(folder, 'usr/bin/busybox')].find(existsSync);
  return kernel && modules && busybox ? { kernel, modules, busybox } : undefined;
};

/**
 * A kernel and a busybox: in `.tools`, else unpacked there from the system's Debian packages.
 * @throws Error saying what to do
 */
export const findGuestParts = async (progress: (message: string) => void): Promise<GuestParts> => {
  const found = partsIn(toolFolder(NAME));
  if (found) return found;
  progress(`fetching a kernel and busybox for the guests into ${toolFolder(NAME)} (about 30 MB)`);
  const finish = async (folder: string): Promise<string | undefined> =>
    partsIn(folder) ? undefined : 'the packages do not hold what was looked for';
  const failed = await fetchTool({ name: NAME, packages: newestKernel, finish });
  const fetched = partsIn(toolFolder(NAME));
  if (fetched) return fetched;
  throw new Error(
    `no kernel for the guests: Debian's packages ${KERNEL_PACKAGE} and busybox-static could not be had (${failed}). ` +
      'They need apt with a Debian release for amd64; without it, leave these specs out with VFLEET_QEMU=off.',
  );
};
