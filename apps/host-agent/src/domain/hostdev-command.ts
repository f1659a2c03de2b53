import type { HostdevCommand, HostdevVerb } from '@vfleet/contracts';
import type { DeviceObservation } from '@vfleet/pci';
import type { DeviceOrder, HostdevFailure, Outcome } from '../hypervisor/driver.js';

/** What became of a command, as its fact says it. */
export interface CommandOutcome {
  readonly fact: 'HostdevAttached' | 'HostdevDetached' | 'HostdevFailed';
  readonly address: string;
  readonly guestAddress?: string;
  readonly code?: HostdevFailure;
  readonly message?: string;
  /** Why the VM could not be moved after a detach; empty is not told. */
  readonly migrationBlockers?: readonly string[];
  /** From the acceptance of the command. */
  readonly elapsedMs: number;
}

/** A command that the agent has taken on. */
export interface TakenCommand {
  readonly verb: HostdevVerb;
  readonly command: HostdevCommand;
  /** Milliseconds since 1970: it has to hold over a restart. */
  readonly acceptedAt: number;
  readonly outcome?: CommandOutcome;
  /** The bus has the outcome. */
  readonly told?: boolean;
}

/** Longest message that a fact carries. */
const LONGEST_MESSAGE = 1_024;

export const toCommandOutcome = (outcome: Outcome, address: string, elapsedMs: number): CommandOutcome => {
  if ('failed' in outcome)
    return { fact: 'HostdevFailed', address, code: outcome.failed, message: outcome.message.slice(0, LONGEST_MESSAGE), elapsedMs };
  const { done, guestAddress, migrationBlockers = [] } = outcome;
  const blockers = migrationBlockers.map((reason) => reason.slice(0, LONGEST_MESSAGE));
  const fact = done === 'attached' ? 'HostdevAttached' : 'HostdevDetached';
  return { fact, address, guestAddress, ...(blockers.length > 0 && { migrationBlockers: blockers }), elapsedMs };
};

/** The fact about a command, without what every fact carries. */
export const toFactData = ({ command: { commandId, vmId, deviceId } }: TakenCommand, outcome: CommandOutcome): object => {
  const { fact: _, ...said } = outcome;
  return { commandId, vmId, deviceId, ...said };
};

/** Whether something newer was ordered about its device, and carried out: what it says is not how things are now. */
export const isSuperseded = ({ command: { commandId, deviceId } }: TakenCommand, taken: readonly TakenCommand[]): boolean =>
  taken
    .slice(taken.findIndex((one) => one.command.commandId === commandId) + 1)
    .some(({ command, outcome }) => command.deviceId === deviceId && outcome !== undefined);

/** One `commandId` is one command: sent again it may differ in nothing that matters. */
export const isSameCommand = (taken: TakenCommand, verb: HostdevVerb, { vmId, deviceId }: HostdevCommand): boolean =>
  taken.verb === verb && taken.command.vmId === vmId && taken.command.deviceId === deviceId;

/** The last order about the same device and VM. */
export const newestAbout = ({ command }: TakenCommand, taken: readonly TakenCommand[]): TakenCommand | undefined =>
  taken.findLast((one) => one.command.vmId === command.vmId && one.command.deviceId === command.deviceId);

/**
 * Detaches that ended without the device being out, and after which it was ordered at most to be plugged, and was: the guest
 * may let go yet, for to plug what it still has takes nothing back, and then whoever gave up on it has to know.
 */
export const unsettled = (taken: readonly TakenCommand[]): readonly TakenCommand[] => {
  const newest = new Map<string, TakenCommand>();
  for (const one of taken) {
    const key = `${one.command.vmId} ${one.command.deviceId}`;
    const changesNothing = one.verb === 'hostdev.attach' && one.outcome?.fact === 'HostdevAttached' && newest.has(key);
    if (!changesNothing) newest.set(key, one);
  }
  return [...newest.values()].filter(
    ({ verb, outcome }) => verb === 'hostdev.detach' && (outcome?.code === 'TIMEOUT' || outcome?.code === 'GUEST_REFUSED'),
  );
};

/** Where a device is now, and of a virtual function the interface and index by which its PF knows it. */
export type LocatedDevice = Pick<DeviceOrder, 'address' | 'vf'>;

export const locate = (devices: readonly DeviceObservation[], deviceId: string): LocatedDevice | undefined => {
  const device = devices.find((one) => one.deviceId === deviceId);
  if (!device) return undefined;
  const { address, vfIndex, parentDeviceId } = device;
  const pf = vfIndex === undefined ? undefined : devices.find((one) => one.deviceId === parentDeviceId)?.net[0]?.ifname;
  return { address, ...(pf !== undefined && vfIndex !== undefined && { vf: { pf, index: vfIndex } }) };
};
