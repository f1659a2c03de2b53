import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { scratchFolder } from './scratch.js';

/** The captures that the repository holds. */
export const CAPTURES = ['full-iommu-vfs-vfio', 'full-iommu-novfs', 'numa2-iommu-vfs-vfio', 'host2-iommu-vfs-vfio'] as const;
export type CaptureName = (typeof CAPTURES)[number];

/** A capture of a machine's sysfs, unpacked into a folder of its own. */
export interface SysfsCapture {
  /** What to give an agent as `sysfsRoot`. */
  readonly sysfsRoot: string;
  /** What a tool said on that machine at the same time: `lspci-n-D-vmm-k.txt`. */
  readonly info: (file: string) => string;
  readonly close: () => void;
}

/** Unpacks one of the repository's captures. */
export const aSysfsCapture = (name: CaptureName): SysfsCapture => {
  const folder = unpackArchive(fileURLToPath(new URL(`../fixtures/sysfs/${name}.tar.gz`, import.meta.url)));
  return {
    sysfsRoot: join(folder, 'sys'),
    info: (file) => readFileSync(join(folder, 'info', file), 'utf8'),
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
};

/** Unpacks a tar archive into a new temporary folder, which the caller removes. */
export const unpackArchive = (archive: string): string => {
  const folder = scratchFolder('sysfs');
  execFileSync('tar', ['xf', archive, '-C', folder, '--no-same-owner', '--no-same-permissions']);
  return folder;
};
