import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, closeSync, readFileSync } from 'node:fs';
import { aFolder } from '../run.js';
import { until } from '../until.js';
import { newestReport, type GuestReport } from './guest-console.js';
import { guestImage, type GuestImage } from './guest-image.js';
import { findGuestParts } from './guest-parts.js';
import { machineArguments, machineFiles, type MachineOptions } from './machine-arguments.js';
import { QmpConsole } from './qmp-console.js';
import { findQemu } from './qemu-program.js';

/** A guest that runs in a QEMU of its own. */
export interface VirtualMachine {
  readonly vmId: string;
  /** Monitor for whoever is tested. */
  readonly socket: string;
  /** Socket at which it receives a guest, if it was started for that. */
  readonly incoming: string;
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

const quietly = (): void => undefined;

/** Fetches what is missing of QEMU, a kernel and busybox, before specs run against the clock. @throws Error saying what to do */
export const prepareQemu = async (progress: (message: string) => void): Promise<void> => {
  await findQemu(progress);
  await findGuestParts(progress);
};

/** Finds QEMU, a kernel and busybox, or fetches them, and makes the image of the guests. @throws Error saying what to do */
export const aQemuBench = async (): Promise<QemuBench> => ({
  program: await findQemu(quietly),
  image: guestImage(await findGuestParts(quietly)),
});

const START_MS = 60_000;

/** Starts a machine; resolves when QEMU answers, while the guest still boots. */
export const aVirtualMachine = async (bench: QemuBench, options: MachineOptions): Promise<VirtualMachine> => {
  const { vmId, folder = aFolder('qemu') } = options;
  const files = machineFiles(folder, vmId);
  const log = openSync(files.log, 'a');
  const child = spawn(bench.program, machineArguments(bench.image, folder, options), { stdio: ['ignore', log, log] });
  closeSync(log);
  const ended = once(child, 'exit');
  const started = until(`${vmId} to answer`, () => QmpConsole.open(files.spec), START_MS);
  const refused = ended.then(() => Promise.reject(new Error(`QEMU did not start:\n${readFileSync(files.log, 'utf8')}`)));
  refused.catch(() => undefined);
  const qmp = await Promise.race([started, refused]);
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
    qmp.close();
  };
  return { vmId, socket: files.tested, incoming: files.incoming, qmp, report: () => newestReport(files.console), kill };
};
