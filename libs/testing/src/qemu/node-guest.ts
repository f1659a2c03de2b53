import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../until.js';
import { GuestLine } from './guest-line.js';
import { findGuestParts } from './guest-parts.js';
import { machineFiles, type MachineOptions } from './machine-arguments.js';
import { nodeGuestImage, type NodeGuest } from './node-guest-image.js';
import { findQemu } from './qemu-program.js';
import { aFolder } from '../run.js';
import { aVirtualMachine, type QemuBench, type VirtualMachine } from './virtual-machine.js';

/** A guest whose program answers questions. */
export interface AnsweringMachine extends VirtualMachine {
  /** What its program answers. @throws GuestRefused */
  readonly ask: <T>(verb: string, args?: object) => Promise<T>;
}

const quietly = (): void => undefined;

/** Finds QEMU, a kernel and busybox, or fetches them, and makes the image of guests that run a program of this checkout. @throws Error saying what to do */
export const aNodeBench = async (guest: NodeGuest): Promise<QemuBench> => ({
  program: await findQemu(quietly),
  image: nodeGuestImage(await findGuestParts(quietly), guest),
});

/** A hundred megabytes of Node are unpacked into memory, and stay there beside the archive until it is. */
const MEMORY_MB = 1024;
const BOOT_MS = 120_000;

/** Starts a machine whose guest runs the bench's program; resolves when that answers `hello`. */
export const aNodeGuest = async (
  bench: QemuBench,
  { args = [], folder = aFolder('qemu'), ...options }: MachineOptions,
): Promise<AnsweringMachine> => {
  const { line: path } = machineFiles(folder, options.vmId);
  const port = [
    '-chardev',
    `socket,id=line,path=${path},server=on,wait=off`,
    '-device',
    'virtio-serial-pci',
    '-device',
    'virtserialport,chardev=line',
  ];
  const machine = await aVirtualMachine(bench, { memoryMb: MEMORY_MB, folder, ...options, args: [...port, ...args] });
  const line = await until('the line to the guest', () => GuestLine.open(path));
  const up = await Promise.race([line.ask('hello'), delay(BOOT_MS, undefined, { ref: false })]);
  if (up === undefined) {
    await machine.kill();
    throw new Error(`the guest's program did not answer within ${BOOT_MS / 1000} s; its console: ${machineFiles(folder, options.vmId).console}`);
  }
  const kill = async (): Promise<void> => {
    line.close();
    await machine.kill();
  };
  return { ...machine, kill, ask: (verb, asked) => line.ask(verb, asked) };
};
