import type { DeviceObservation } from './device.js';
import type { ClassExclusion } from './excluded-classes.js';
import type { RegisteredModel } from './models.js';
import { isBridge, type Topology } from './topology.js';

export type IneligibleCode =
  | 'CLASS_EXCLUDED'
  | 'VFS_ENABLED'
  | 'HOST_USE'
  | 'NOT_LEAF'
  | 'NO_IOMMU'
  | 'CORDONED'
  | 'HOST_STALE'
  | 'REMOVED'
  | 'CUSTOM_DISABLED'
  | 'GROUP_NOT_VIABLE'
  | 'AMBIGUOUS';

export interface Ineligible {
  readonly code: IneligibleCode;
  readonly message: string;
}

/** What is true of a host beside its hardware. Everything that decides who may have a device. */
export interface Circumstances {
  readonly topology: Topology;
  /** Device to the VM that holds it, releasing included. */
  readonly holders: ReadonlyMap<string, string>;
  /** Whether a VM holds anything of `holders`, where that is known without looking at each device. */
  readonly holds?: (vmId: string) => boolean;
  readonly cordoned: ReadonlySet<string>;
  /** Vanished while held. */
  readonly missing: ReadonlySet<string>;
  /** No heartbeat for three intervals, or offline. */
  readonly stale: boolean;
  /** The operator accepts that groups are shared; IOMMU rules are off. */
  readonly unsafeIommuGroups: boolean;
  /** The registered model of a device of this host. */
  readonly modelOf: (device: DeviceObservation) => RegisteredModel | undefined;
  /** Classes that hosts keep. */
  readonly excludedClass: ClassExclusion;
  /** The same object as long as nothing changes but who holds what; what follows from the rest is remembered by it. */
  readonly still?: object;
  /** NUMA node to socket, where the host tells. */
  readonly sockets?: ReadonlyMap<number, number>;
  /** The host takes no custom models: devices of a registered model stay with it. */
  readonly customDisabled: boolean;
  /** Whether the host takes nothing new of a VM: it is being drained, and the VM holds nothing there. */
  readonly closedTo?: (vmId: string) => boolean;
}

type Check = (device: DeviceObservation, host: Circumstances) => string | undefined;

/** What the device itself is, whoever else is in its group. In the order in which reasons are told. */
const OWN_CHECKS: readonly (readonly [IneligibleCode, Check])[] = [
  ['REMOVED', (d, h) => (h.missing.has(d.deviceId) ? 'vanished from its host while held' : undefined)],
  ['AMBIGUOUS', (d) => (d.ambiguous ? 'another device of this host has the same identity' : undefined)],
  ['CLASS_EXCLUDED', (d, h) => h.excludedClass(d)],
  ['HOST_USE', (d) => (d.hostUse.length > 0 ? d.hostUse.map(({ code, detail }) => (detail ? `${code}: ${detail}` : code)).join(', ') : undefined)],
  ['VFS_ENABLED', (d, h) => (hasVfsEnabled(d, h) ? `${enabledVfs(d, h)} of ${d.totalVfs ?? '?'} virtual functions are enabled` : undefined)],
  ['NOT_LEAF', (d, h) => (h.topology.leavesOf(d).length > 0 ? 'offered through the devices below it' : undefined)],
  ['NO_IOMMU', (d, h) => (d.kind === 'pci' && d.iommuGroup === null && !h.unsafeIommuGroups ? 'in no IOMMU group' : undefined)],
  ['CUSTOM_DISABLED', (d, h) => (isDisabledCustom(d, h) ? `of the model ${h.modelOf(d)?.model}, and its host takes no custom models` : undefined)],
  ['CORDONED', (d, h) => (h.cordoned.has(d.deviceId) ? 'cordoned by an operator' : undefined)],
  ['HOST_STALE', (_, h) => (h.stale ? 'its host is silent' : undefined)],
];

/** The VM that holds a device, other than the one that asks: what a VM itself holds is free to it. */
export const otherHolder = (host: Circumstances, { deviceId }: { readonly deviceId: string }, vmId: string | undefined): string | undefined => {
  const holder = host.holders.get(deviceId);
  return holder === vmId ? undefined : holder;
};

/** Why a member of a group stays with the host; undefined when it can go along to a VM. */
export type Keeping = (member: DeviceObservation) => string | undefined;

/**
 * Why a device may not be given away, every reason; empty when it is eligible. Who holds it does not count
 * here, but for the group: a member that the host keeps, or that cannot go along, spoils its whole group.
 */
export const ineligibility = (
  device: DeviceObservation,
  host: Circumstances,
  kept: Keeping = (member) => keptByHost(member, host, host.holders.get(device.deviceId)),
): readonly Ineligible[] => {
  const reasons: Ineligible[] = [];
  for (const [code, check] of OWN_CHECKS) {
    const message = check(device, host);
    if (message !== undefined) reasons.push({ code, message });
  }
  const notViable = groupNotViable(device, host, kept);
  return notViable ? [...reasons, notViable] : reasons;
};

/** The first of those reasons that is not lifted for whoever asks; on the way of every decision, so it stops there. */
export const firstIneligibility = (
  device: DeviceObservation,
  host: Circumstances,
  kept: Keeping,
  isLifted: (code: IneligibleCode) => boolean,
): Ineligible | undefined => {
  for (const [code, check] of OWN_CHECKS) {
    const message = check(device, host);
    if (message !== undefined && !isLifted(code)) return { code, message };
  }
  return groupNotViable(device, host, kept);
};

const groupNotViable = (device: DeviceObservation, host: Circumstances, kept: Keeping): Ineligible | undefined => {
  const spoiler = groupSpoiler(device, host, kept);
  if (!spoiler) return undefined;
  return { code: 'GROUP_NOT_VIABLE', message: `${spoiler.member.address} in IOMMU group ${device.iommuGroup} ${spoiler.because}` };
};

export interface GroupSpoiler {
  readonly member: DeviceObservation;
  readonly because: string;
  readonly hostUse: boolean;
}

/**
 * The other member that keeps a group from being passed as a whole: it may not be given away and is bound to
 * a host driver, or held. VFIO itself refuses a group of which one member has a host driver
 * (kernel documentation, driver-api/vfio.rst, "group viability"). A PF's own VFs vanish with its driver.
 */
export const groupSpoiler = (device: DeviceObservation, host: Circumstances, kept: Keeping): GroupSpoiler | undefined => {
  if (host.unsafeIommuGroups || device.iommuGroup === null || isBridge(device)) return undefined;
  return spoilersOf(device, host, kept).find(
    ({ member }) => member.deviceId !== device.deviceId && !(member.functionType === 'vf' && member.parentDeviceId === device.deviceId),
  );
};

const knownSpoilers = new WeakMap<Keeping, Map<number | null, readonly GroupSpoiler[]>>();

/** Looked for once per group and question: a group of hundreds would cost its square otherwise. */
const spoilersOf = (device: DeviceObservation, host: Circumstances, kept: Keeping): readonly GroupSpoiler[] => {
  const known = knownSpoilers.get(kept) ?? new Map<number | null, readonly GroupSpoiler[]>();
  knownSpoilers.set(kept, known);
  const found = known.get(device.iommuGroup);
  if (found) return found;
  const spoilers = host.topology.groupOf(device).flatMap((member) => {
    const because = hasHostDriver(member) || host.holders.has(member.deviceId) ? kept(member) : undefined;
    return because ? [{ member, because, hostUse: member.hostUse.length > 0 }] : [];
  });
  known.set(device.iommuGroup, spoilers);
  return spoilers;
};

/** Why a group's member cannot go along to the VM that asks; undefined when it can. A cordon counts once the device is free. */
export const keptByHost = (member: DeviceObservation, host: Circumstances, vmId?: string): string | undefined => {
  if (member.hostUse.length > 0) return `is in host use (${member.hostUse.map(({ code }) => code).join(', ')})`;
  if (hasVfsEnabled(member, host)) return 'has virtual functions enabled';
  const kind = host.excludedClass(member);
  if (kind) return `is a ${kind}`;
  if (member.ambiguous) return 'is ambiguous';
  if (isDisabledCustom(member, host)) return `is of the model ${host.modelOf(member)?.model}, and its host takes no custom models`;
  if (host.cordoned.has(member.deviceId) && !host.holders.has(member.deviceId)) return 'is cordoned';
  const rival = host.topology.rivalsOf(member).find((one) => otherHolder(host, one, vmId));
  return rival && `belongs with ${rival.address}, which ${host.holders.get(rival.deviceId)} holds`;
};

const isDisabledCustom = (device: DeviceObservation, { customDisabled, modelOf }: Circumstances): boolean =>
  customDisabled && modelOf(device) !== undefined;

/** VFs are enabled as the PF itself says, or as those that are seen show. */
export const hasVfsEnabled = (device: DeviceObservation, host: Pick<Circumstances, 'topology' | 'missing'>): boolean => enabledVfs(device, host) > 0;

const enabledVfs = (device: DeviceObservation, { topology, missing }: Pick<Circumstances, 'topology' | 'missing'>): number => {
  if (device.functionType !== 'pf') return 0;
  const seen = topology.vfsOf(device).filter(({ deviceId }) => !missing.has(deviceId)).length;
  return Math.max(device.numVfs ?? 0, seen);
};

/** Bound to a driver with which the host itself uses the device; vfio and stub drivers only hold it for a guest. */
export const hasHostDriver = ({ driver }: DeviceObservation): boolean => driver !== undefined && driver !== 'pci-stub' && !driver.includes('vfio');
