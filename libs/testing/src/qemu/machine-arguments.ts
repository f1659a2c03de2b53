import { join } from 'node:path';
import type { GuestImage } from './guest-image.js';
import { PID_FILE } from './left-over-qemu.js';

export interface MachineOptions {
  readonly vmId: string;
  /** Folder of the machine's sockets and logs; two machines of one VM, as in a migration, have two. A new one by default. */
  readonly folder?: string;
  /** Added to the kernel's command line. */
  readonly kernelOptions?: string;
  /** Does not boot, and waits for a guest that is moved here. */
  readonly receives?: boolean;
  /** By default what a kernel and busybox need. */
  readonly memoryMb?: number;
  /** With an IOMMU that can isolate each device: the guest can be a host of devices itself. */
  readonly iommu?: boolean;
  /** More arguments for QEMU. */
  readonly args?: readonly string[];
}

/** The files of a machine: its monitors, and what it and its guest write. */
export const machineFiles = (folder: string, vmId: string) =>
  ({
    /** Monitor for whoever is tested; the agent's qmp driver finds it by this name. */
    tested: join(folder, `${vmId}.qmp`),
    /** Monitor of the spec itself. */
    spec: join(folder, `${vmId}.spec`),
    /** Where a guest that is moved comes in. */
    incoming: join(folder, `${vmId}.incoming`),
    console: join(folder, `${vmId}.console`),
    log: join(folder, `${vmId}.log`),
    /** The line to a guest's program. */
    line: join(folder, `${vmId}.line`),
    pid: join(folder, `${vmId}${PID_FILE}`),
  }) as const;

/** Enough for a kernel and busybox, and little to migrate. */
const MEMORY_MB = 256;
const MACHINE = '-machine q35 -accel tcg -cpu max -nodefaults -no-user-config -display none';
/** Translates the addresses of devices behind bridges too, and maps interrupts, without which VFIO gives nothing away. Before all other devices. */
const IOMMU = ['-device', 'intel-iommu,intremap=on,caching-mode=on,device-iotlb=on'];
const KERNEL_OPTIONS = 'console=ttyS0 quiet loglevel=3 panic=-1';
const PORTS = [1, 2];

const monitor = (id: string, path: string): readonly string[] => [
  '-chardev',
  `socket,id=${id},path=${path},server=on,wait=off`,
  '-mon',
  `chardev=${id},mode=control`,
];

/** QEMU's command line for a machine without KVM, with the free PCIe ports `port1` and `port2`. */
export const machineArguments = (image: GuestImage, folder: string, options: MachineOptions): readonly string[] => {
  const { vmId, kernelOptions = '', receives = false, memoryMb = MEMORY_MB, iommu = false, args = [] } = options;
  const files = machineFiles(folder, vmId);
  return [
    MACHINE.split(' '),
    ['-m', String(memoryMb)],
    iommu ? IOMMU : [],
    ['-kernel', image.kernel, '-initrd', image.initramfs, '-append', `${KERNEL_OPTIONS} ${kernelOptions}`.trim()],
    ['-serial', `file:${files.console}`, '-pidfile', files.pid],
    monitor('tested', files.tested),
    monitor('spec', files.spec),
    PORTS.flatMap((port) => ['-device', `pcie-root-port,id=port${port},chassis=${port},slot=${port}`]),
    receives ? ['-incoming', `unix:${files.incoming}`] : [],
    args,
  ].flat();
};
