import { setTimeout as delay } from 'node:timers/promises';
import type { Attachment } from '@vfleet/contracts';
import { parsePciAddress, type DeviceObservation } from '@vfleet/pci';
import type { Logger } from 'pino';
import { pauseAfter } from './domain/reset-plan.js';
import { within } from './hypervisor/time-left.js';
import type { ResetDevice, ResetOutcome } from './kernel/device-reset.js';
import type { LastHeld, LeftBehind, ResetRecordFile } from './kernel/reset-record.js';
import { lanes } from './lanes.js';

export interface DeviceResetsParts {
  readonly hostId: string;
  readonly devices: () => readonly DeviceObservation[];
  readonly reset: ResetDevice;
  readonly record: ResetRecordFile;
  /** Addresses for which something else stands in a test bench. */
  readonly isStandIn: (address: string) => boolean;
  /** Why devices are not to be given away is told, and has changed. */
  readonly changed: () => void;
  readonly log: Logger;
  /** How long resets are waited for. */
  readonly patienceMs?: number;
}

/** Has PCI devices reset that VMs have left, and knows which are not to be given away until then. */
export interface DeviceResets {
  /** A VM is about to get a device: its own again, or one that is clean. Why it cannot, otherwise; a reset that is under way is waited for. */
  admit(vmId: string, deviceId: string, waitMs: number): Promise<string | undefined>;
  /** What VMs have now, but for devices of which `isUnsure` says that more is known by now. Waits a moment for resets that begin with this. */
  compare(attachments: readonly Attachment[], isUnsure: (deviceId: string) => boolean): Promise<void>;
  /** A VM has let go of a device. Waits as `compare` does. */
  leaves(vmId: string, deviceId: string): Promise<void>;
  /** Whether a VM had a device when somebody looked last. */
  had(vmId: string, deviceId: string): boolean;
  /** Tries again what failed, when it is time; at once with `now`. */
  tryAgain(now?: boolean): Promise<void>;
  /** Where devices are that VMs have, or have left and nobody has reset. */
  readonly addresses: readonly string[];
  /** From now on everything that is not reset is told; why, by device id. */
  show(): ReadonlyMap<string, string>;
  /** As it is told now. */
  readonly shown: ReadonlyMap<string, string>;
}

/** What a VM has left. */
interface Left extends LeftBehind {
  because: string;
  isShown: boolean;
  failures: number;
  /** By the monotonic clock, in milliseconds. */
  notBefore: number;
  running?: Promise<void> | undefined;
}

/** Most resets are over after 100 ms, which a function has at least (PCIe 6.0, 6.6.2); less than a heartbeat waits for what is attached. */
const PATIENCE_MS = 2_000;
/** A hypervisor may have told that a device is off shortly before the kernel has closed it. */
const CLOSING_MS = 1_500;
const CLOSING_POLL_MS = 50;
/** Before somebody looks again whether what a reset waits for is over. */
const WAITING_MS = 5_000;
/** Each takes one of Node's four threads for files. */
const AT_ONCE = 3;

export const deviceResets = (parts: DeviceResetsParts): DeviceResets => {
  const { hostId, devices, reset, record, isStandIn, changed, log, patienceMs = PATIENCE_MS } = parts;
  let attached: ReadonlyMap<string, LastHeld> = record.kept.attached;
  /** What was not clean when the agent ended is told at once, and tried again. */
  const left = new Map<string, Left>([...record.kept.left].map(([deviceId, last]) => [deviceId, { ...isLeft(last), isShown: true }]));
  const inLane = lanes(AT_ONCE);
  let shown = whyNot(left);
  /** The attachments that were compared last, where nothing has been known better since. */
  let compared: string | undefined;

  const find = (deviceId: string): DeviceObservation | undefined => devices().find((one) => one.deviceId === deviceId);
  /** What is not written down is known all the same until the agent ends. */
  const save = (): void => {
    try {
      record.save({ attached, left: new Map([...left].map(([deviceId, { vmId, address, because }]) => [deviceId, { vmId, address, because }])) });
    } catch (error) {
      log.error({ hostId, err: (error as Error).message }, 'which devices are to be reset is not written down');
    }
  };
  const update = (): void => {
    const next = whyNot(left);
    const isSame = next.size === shown.size && [...next].every(([deviceId, detail]) => shown.get(deviceId) === detail);
    if (isSame) return;
    shown = next;
    changed();
  };
  const settle = (deviceId: string): void => {
    if (left.delete(deviceId)) save();
    update();
  };

  const neighbourOf = ({ deviceId, address, iommuGroup }: DeviceObservation): DeviceObservation | undefined =>
    [...attached.keys()]
      .filter((one) => one !== deviceId)
      .map(find)
      .filter((one) => one !== undefined)
      .find((one) => (iommuGroup !== null && one.iommuGroup === iommuGroup) || busOf(one.address) === busOf(address));

  /** Waits out the closing of a device by the process of a VM that ended just now. */
  const resetOnceClosed = async (deviceId: string): Promise<ResetOutcome> => {
    const end = performance.now() + CLOSING_MS;
    for (;;) {
      const device = find(deviceId);
      if (!device) return { waits: 'its host does not see it', soon: false };
      const outcome = await reset(device, neighbourOf(device));
      if (!('soon' in outcome) || !outcome.soon || performance.now() > end) return outcome;
      await delay(CLOSING_POLL_MS);
    }
  };
  const attempt = async (deviceId: string, one: Left): Promise<void> => {
    const outcome = await resetOnceClosed(deviceId).catch((error: Error) => ({ failed: error.message }));
    if (left.get(deviceId) !== one) return;
    const { vmId, address } = one;
    if ('clean' in outcome) {
      log.info({ hostId, deviceId, address, vmId, outcome: outcome.clean, because: outcome.because }, 'a device that a VM has left is free');
      return settle(deviceId);
    }
    if ('failed' in outcome) {
      one.failures += 1;
      one.notBefore = performance.now() + pauseAfter(one.failures) * 1_000;
      one.isShown = true;
      log.error({ hostId, deviceId, address, vmId, err: outcome.failed, failures: one.failures }, 'a device is not reset, nobody gets it');
    }
    if ('waits' in outcome) one.notBefore = performance.now() + WAITING_MS;
    one.because = 'failed' in outcome ? outcome.failed : outcome.waits;
    save();
    update();
  };
  const begin = (deviceId: string): Promise<void> => {
    const one = left.get(deviceId);
    if (!one) return Promise.resolve();
    one.running ??= inLane(() => attempt(deviceId, one)).finally(() => (one.running = undefined));
    return one.running;
  };
  const beginWhereDue = (now: boolean): Promise<unknown> =>
    Promise.all([...left].filter(([, one]) => now || one.notBefore <= performance.now()).map(([deviceId]) => begin(deviceId)));

  /** A VM has it, whoever gave it: what it left before cannot be helped any more. */
  const forgetTaken = (now: ReadonlyMap<string, LastHeld>): void => {
    for (const [deviceId, { vmId, address }] of now) {
      const one = left.get(deviceId);
      if (!one) continue;
      if (one.vmId !== vmId)
        log.error({ hostId, deviceId, address, vmId, before: one.vmId }, 'a VM has a device that was not reset after another one');
      left.delete(deviceId);
    }
  };

  /** What VMs have of these attachments, and of what is known better or cannot be seen. */
  const heldNow = (attachments: readonly Attachment[], isUnsure: (deviceId: string) => boolean): ReadonlyMap<string, LastHeld> => {
    const byAddress = new Map(devices().map((device) => [device.address, device]));
    const now = new Map<string, LastHeld>();
    for (const { vmId, address } of attachments) {
      const device = byAddress.get(address);
      if (device?.kind === 'pci' && !isStandIn(address) && !isUnsure(device.deviceId)) now.set(device.deviceId, { vmId, address });
    }
    const unseen = new Set(attachments.map(({ address }) => address).filter((address) => !byAddress.has(address)));
    for (const [deviceId, last] of attached) if (isUnsure(deviceId) || unseen.has(last.address)) now.set(deviceId, last);
    return now;
  };

  const compare: DeviceResets['compare'] = async (attachments, isUnsure) => {
    const key = attachments.map(({ vmId, address }) => `${vmId} ${address}`).join();
    if (devices().length === 0 || (key === compared && left.size === 0)) return;
    const now = heldNow(attachments, isUnsure);
    forgetTaken(now);
    const gone = [...attached].filter(([deviceId]) => !now.has(deviceId));
    attached = now;
    for (const [deviceId, last] of gone) left.set(deviceId, isLeft(last));
    save();
    update();
    compared = [...now.keys()].some(isUnsure) ? undefined : key;
    await within(beginWhereDue(false), patienceMs, undefined);
  };

  return {
    admit: async (vmId, deviceId, waitMs) => {
      const one = left.get(deviceId);
      if (one?.running) await within(one.running, waitMs, undefined);
      if (one && left.has(deviceId)) {
        if (one.running || one.vmId !== vmId) return `${one.vmId} has left it, and it is not reset: ${one.because}`;
        left.delete(deviceId);
        update();
      }
      const device = find(deviceId);
      if (device && parsePciAddress(device.address) && !isStandIn(device.address)) {
        attached = new Map(attached).set(deviceId, { vmId, address: device.address });
        compared = undefined;
        save();
      }
      return undefined;
    },
    compare,
    leaves: async (vmId, deviceId) => {
      const last = attached.get(deviceId);
      if (last?.vmId === vmId) {
        attached = new Map([...attached].filter(([one]) => one !== deviceId));
        left.set(deviceId, isLeft(last));
        compared = undefined;
        save();
      }
      await within(begin(deviceId), patienceMs, undefined);
    },
    had: (vmId, deviceId) => attached.get(deviceId)?.vmId === vmId,
    tryAgain: async (now = false) => void (await within(beginWhereDue(now), patienceMs, undefined)),
    get addresses() {
      return [...attached, ...left].map(([deviceId, { address }]) => find(deviceId)?.address ?? address);
    },
    show: () => {
      for (const one of left.values()) one.isShown = true;
      update();
      return shown;
    },
    get shown() {
      return shown;
    },
  };
};

const isLeft = (last: LastHeld): Left => ({ because: 'it is being reset', ...last, isShown: false, failures: 0, notBefore: 0 });

/** Of what is told. */
const whyNot = (left: ReadonlyMap<string, Left>): ReadonlyMap<string, string> =>
  new Map([...left].flatMap(([deviceId, { isShown, vmId, because }]) => (isShown ? [[deviceId, `left by ${vmId}: ${because}`] as const] : [])));

const busOf = (address: string): string => address.slice(0, address.lastIndexOf(':'));
