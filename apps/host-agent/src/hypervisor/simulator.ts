import { setTimeout as delay } from 'node:timers/promises';
import type { Fault } from '../configuration/simulated-fault.js';
import { failed, type DeviceOrder, type DriverSurroundings, type HypervisorDriver, type Outcome } from './driver.js';
import { simulatedAttachments, type SimulatedAttachment } from './simulated-attachments.js';
import { within } from './time-left.js';

export interface SimulatorOptions {
  /** Where the attachments are kept. */
  readonly file: string;
  readonly faults: readonly Fault[];
  /** Ends the agent at once, as a failing machine would. */
  readonly die?: () => void;
  readonly random?: () => number;
}

/** A hypervisor in memory, on which things can be made to go wrong. */
export interface Simulator extends HypervisorDriver {
  /** Adds a fault that comes before those that are there. */
  addFault(fault: Fault): void;
  clearFaults(): void;
  /** Faults that are in force, with how often each still is. */
  readonly faults: readonly Fault[];
  /** The VM ended: its devices are free. */
  vmEnded(vmId: string): void;
  /** VMs that have something attached. */
  readonly vms: ReadonlySet<string>;
}

export const isSimulator = (driver: HypervisorDriver): driver is Simulator => 'addFault' in driver;

type Verb = 'attach' | 'detach';

/**
 * A device of which it has not heard is taken to be where the command supposes it: VMs start and move without this
 * simulator being told.
 */
export const simulatorDriver = (options: SimulatorOptions, { changed }: Pick<DriverSurroundings, 'changed'>): Simulator => {
  const { file, die = dieSuddenly, random = Math.random } = options;
  const attachments = simulatedAttachments(file);
  const late = new AbortController();
  let faults: readonly Fault[] = options.faults;

  const nextFault = (verb: Verb, order: DeviceOrder): Fault => {
    const fault = faults.find((one) => one.migrationBlocker === undefined && isMeant(one, verb, order) && random() < (one.share ?? 1));
    if (fault?.times !== undefined)
      faults = faults.flatMap((one) => (one !== fault ? [one] : (one.times ?? 1) > 1 ? [{ ...one, times: (one.times ?? 1) - 1 }] : []));
    return fault ?? {};
  };
  const put = (verb: Verb, { vmId, deviceId, address, guestAddress }: DeviceOrder): SimulatedAttachment => {
    const place = attachments.of(vmId, deviceId)?.guestAddress ?? guestAddress ?? freePlace(attachments.all.filter((one) => one.vmId === vmId));
    const attachment = { vmId, deviceId, address, guestAddress: place, attached: verb === 'attach' };
    attachments.put(attachment);
    return attachment;
  };
  /** After the deadline nobody waits any more; a guest may let go all the same. What was taken out and put in again meanwhile it was not asked for. */
  const letGoLater = async (order: DeviceOrder, ms: number): Promise<void> => {
    const asked = attachments.of(order.vmId, order.deviceId);
    await delay(ms, undefined, { signal: late.signal });
    if (attachments.of(order.vmId, order.deviceId) !== asked) return;
    put('detach', order);
    changed();
  };
  const fail = async (
    { silent, lateMs, refuse, failCode, slowMs = 0 }: Fault,
    order: DeviceOrder,
    signal: AbortSignal,
  ): Promise<Outcome | undefined> => {
    const tooSlow = silent || slowMs >= order.deadlineMs;
    const waitMs = tooSlow ? order.deadlineMs : slowMs;
    if (waitMs > 0) await within(new Promise<void>(() => {}), waitMs, undefined, signal);
    if (silent && lateMs !== undefined) letGoLater(order, lateMs).catch(() => {});
    if (tooSlow) return failed('TIMEOUT', 'the simulated guest did nothing in time');
    if (refuse) return failed('GUEST_REFUSED', 'the simulated guest refused');
    return failCode && failed(failCode, 'simulated failure');
  };

  const act = async (verb: Verb, order: DeviceOrder, signal: AbortSignal): Promise<Outcome> => {
    const known = attachments.of(order.vmId, order.deviceId);
    const done = verb === 'attach' ? 'attached' : 'detached';
    if (known && known.attached === (verb === 'attach')) return { done, guestAddress: known.guestAddress };
    if (order.deadlineMs <= 0) return failed('TIMEOUT', 'the time is over');
    if (verb === 'attach' && attachments.all.some(({ deviceId, vmId, attached }) => attached && deviceId === order.deviceId && vmId !== order.vmId))
      return failed('DEVICE_BUSY', 'another simulated VM has the device');
    const fault = nextFault(verb, order);
    if (fault.crash === 'before') await end(die);
    const failure = await fail(fault, order, signal);
    if (failure) return failure;
    const { guestAddress } = put(verb, order);
    if (fault.crash === 'after') await end(die);
    return { done, guestAddress, ...(fault.loseReply && { untold: true }) };
  };

  return {
    attach: (order, signal) => act('attach', order, signal),
    detach: (order, signal) => act('detach', order, signal),
    attachments: async () => attachments.all.filter(({ attached }) => attached).map(({ vmId, address }) => ({ vmId, address })),
    preflight: async (asked) =>
      faults.flatMap(({ vmId = asked, migrationBlocker }) => (vmId === asked && migrationBlocker !== undefined ? [migrationBlocker] : [])),
    describe: async () => ({ driver: 'simulator', version: '1.0' }),
    close: async () => late.abort(),
    addFault: (fault) => (faults = [fault, ...faults]),
    clearFaults: () => (faults = []),
    get faults() {
      return faults;
    },
    vmEnded: (vmId) => attachments.forget(vmId) && changed(),
    get vms() {
      return new Set(attachments.all.filter(({ attached }) => attached).map(({ vmId }) => vmId));
    },
  };
};

const isMeant = ({ vmId, commandId, verb }: Fault, asked: Verb, order: DeviceOrder): boolean =>
  (vmId ?? order.vmId) === order.vmId && (commandId ?? order.commandId) === order.commandId && (verb ?? asked) === asked;

/** Nothing runs after this: no handler, no flush, no farewell. */
const dieSuddenly = (): void => void process.kill(process.pid, 'SIGKILL');
const end = async (die: () => void): Promise<never> => {
  die();
  return new Promise<never>(() => {});
};

/** Guests see hot-plugged devices behind root ports, one each; the first ones are taken by what a VM starts with. */
const FIRST_BUS = 6;
const freePlace = (attachments: readonly SimulatedAttachment[]): string => {
  const taken = new Set(attachments.map(({ guestAddress }) => guestAddress));
  for (let bus = FIRST_BUS; ; bus += 1) {
    const place = `0000:${bus.toString(16).padStart(2, '0')}:00.0`;
    if (!taken.has(place)) return place;
  }
};
