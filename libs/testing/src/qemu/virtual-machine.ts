import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, closeSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { aFolder } from '../run.js';
import { until } from '../until.js';
import { newestReport, type GuestReport } from './guest-console.js';
import { guestImage, type GuestImage } from './guest-image.js';
import { findGuestParts } from './guest-parts.js';
import { PID_FILE } from './left-over-qemu.js';
import { QmpConsole } from './qmp-console.js';
import { findQemu } from './qemu-program.js';

export interface MachineOptions {
  readonly vmId: string;
  /** Folder of the machine's sockets and logs; two machines of one VM, as in a migration, have two. A new one by default. */
  readonly folder?: string;
  /** Added to the kernel's command line. */
  readonly kernelOptions?: string;
  /** More arguments for QEMU. */
  readonly args?: readonly string[];
}

/** A guest that runs in a QEMU without KVM, with two free PCIe ports, `port1` and `port2`. */
export interface VirtualMachine {
  readonly vmId: string;
  /** Monitor for whoever is tested: `<folder>/<vmId>.qmp`. */
  readonly socket: string;
  /** Monitor of the spec itself. */
  readonly qmp: QmpConsole;
  /** The newest report of the guest itself. */
  readonly report: () => GuestReport | undefined;
  /** Ends QEMU with a signal, as a power cut would end the machine, and waits until it is gone. */
  readonly kill: () => Promise<void>;
}

/** From what QEMU and guests are made, fetched where it is missing. */
export interface QemuBench {
  readonly program: string;
  readonly image: GuestImage;
}

/** Finds or fetches QEMU, a kernel and busybox, and makes the image of the guests. @throws Error saying what to do */
export const aQemuBench = async (progress: (message: string) => void = () => undefined): Promise<QemuBench> => {
  const program = await findQemu(progress);
  return { program, image: guestImage(await findGuestParts(progress)) };
};

const MEMORY_MB = 256;
const START_MS = 60_000;

const monitor = (id: string, path: string): readonly string[] => [
  '-chardev',
  `socket,id=${id},path=${path},server=on,wait=off`,
  '-mon',
  `chardev=${id},mode=control`,
];

const machineArgs = ({ image }: QemuBench, { vmId, kernelOptions = '', args = [] }: MachineOptions, folder: string): readonly string[] => [
  ...['-machine', 'q35', '-accel', 'tcg', '-cpu', 'max', '-m', String(MEMORY_MB), '-nodefaults', '-no-user-config', '-display', 'none'],
  ...['-kernel', image.kernel, '-initrd', image.initramfs, '-append', `console=ttyS0 quiet loglevel=3 panic=-1 ${kernelOptions}`],
  ...['-serial', `file:${join(folder, `${vmId}.console`)}`, '-pidfile', join(folder, `${vmId}${PID_FILE}`)],
  ...monitor('tested', join(folder, `${vmId}.qmp`)),
  ...monitor('spec', join(folder, `${vmId}.spec`)),
  ...[1, 2].flatMap((port) => ['-device', `pcie-root-port,id=port${port},chassis=${port},slot=${port}`]),
  ...args,
];

/** Starts a machine; resolves when QEMU answers, while the guest still boots. */
export const aVirtualMachine = async (bench: QemuBench, options: MachineOptions): Promise<VirtualMachine> => {
  const { vmId, folder = aFolder('qemu') } = options;
  const said = join(folder, `${vmId}.log`);
  const log = openSync(said, 'a');
  const child = spawn(bench.program, machineArgs(bench, options, folder), { stdio: ['ignore', log, log] });
  closeSync(log);
  const ended = once(child, 'exit');
  const started = until(`${vmId} to answer`, () => QmpConsole.open(join(folder, `${vmId}.spec`)), START_MS);
  const refused = ended.then(() => Promise.reject(new Error(`QEMU did not start:\n${readFileSync(said, 'utf8')}`)));
  const qmp = await Promise.race([started, refused]);
  refused.catch(() => undefined);
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
    qmp.close();
  };
  return { vmId, socket: join(folder, `${vmId}.qmp`), qmp, report: () => newestReport(join(folder, `${vmId}.console`)), kill };
};
