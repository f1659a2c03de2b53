import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { aFolder } from '../run.js';
import { cpioArchive, type ArchiveEntry } from './cpio-archive.js';
import type { GuestParts } from './guest-parts.js';
import { kernelModules, type KernelModule } from './kernel-modules.js';

/** What QEMU is given to boot a guest. */
export interface GuestImage {
  readonly kernel: string;
  readonly initramfs: string;
}

const MODULES = ['virtio_pci', 'virtio_net'];

/**
 * The guest's only program. It says over and over which PCI devices stand behind a port, with the interfaces that a
 * driver made of them: `vfleet-guest <tick> <boot id> <address>=<vendor>:<product>/<interface>@<mac> …`. The count and the boot id go on
 * through a live migration and start anew at a boot. Devices of the root bus are the machine's own.
 */
const init = (modules: readonly KernelModule[]): string => `#!/bin/busybox sh
busybox mount -t proc proc /proc
busybox mount -t sysfs sys /sys
busybox mount -t devtmpfs dev /dev
${modules.map(({ name }) => `busybox insmod /modules/${name}.ko`).join('\n')}
read -r boot < /proc/sys/kernel/random/boot_id
tick=0
while :; do
  tick=$((tick + 1))
  line=
  for device in /sys/bus/pci/devices/*; do
    address=\${device##*/}
    case $address in 0000:00:*) continue ;; esac
    { read -r vendor < $device/vendor && read -r product < $device/device; } 2> /dev/null || continue
    line="$line $address=\${vendor#0x}:\${product#0x}"
    for interface in $device/net/* $device/virtio*/net/*; do
      { read -r mac < $interface/address; } 2> /dev/null && line="$line/\${interface##*/}@$mac"
    done
  done
  echo "vfleet-guest $tick $boot$line"
  busybox sleep 0.1
done
`;

const entries = ({ busybox }: GuestParts, modules: readonly KernelModule[]): readonly ArchiveEntry[] => [
  ...['bin', 'modules', 'proc', 'sys', 'dev'].map((path) => ({ path, kind: 'folder' as const })),
  { path: 'bin/busybox', kind: 'program', bytes: readFileSync(busybox) },
  ...modules.map(({ name, bytes }) => ({ path: `modules/${name}.ko`, kind: 'file' as const, bytes })),
  { path: 'init', kind: 'program', bytes: Buffer.from(init(modules)) },
];

/** Makes the image that every guest of a spec file boots from. */
export const guestImage = (parts: GuestParts): GuestImage => {
  const modules = kernelModules(parts, MODULES);
  const initramfs = join(aFolder('guest'), 'initramfs.gz');
  writeFileSync(initramfs, gzipSync(cpioArchive(entries(parts, modules)), { level: 1 }));
  return { kernel: parts.kernel, initramfs };
};
