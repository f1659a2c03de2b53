import type { DeviceObservation } from './device.js';
import { firstIneligibility, groupSpoiler, keptByHost, otherHolder, type Circumstances, type IneligibleCode, type Keeping } from './eligibility.js';

/** Somebody else holds the device, or what goes along with it. */
export type InUseCode = 'DEVICE_IN_USE' | 'IOMMU_GROUP_IN_USE' | 'PF_IN_USE' | 'VFS_IN_USE';
export type UnavailableCode = IneligibleCode | InUseCode | 'IOMMU_GROUP_HOST_USE' | 'RESERVED_FOR_TENANT' | 'REMOTE_MANAGED' | 'HOST_DRAINING';

const IN_USE: ReadonlySet<string> = new Set<InUseCode>(['DEVICE_IN_USE', 'IOMMU_GROUP_IN_USE', 'PF_IN_USE', 'VFS_IN_USE']);
export const isInUse = (code: string): code is InUseCode => IN_USE.has(code);

/** The tag that keeps a device for VMs of some tenants: their names, comma-separated. */
export const TENANT_TAG = 'tenant';
/** The tag of a device that another machine manages, as the other side of a SmartNIC does. Any value but `false` means it. */
export const REMOTE_TAG = 'remoteManaged';

export interface Unavailable {
  readonly code: UnavailableCode;
  readonly message: string;
}

/** Rules that protect against accidents, and that a request lifts by saying so in a match. */
export interface Lifting {
  /** The request names `functionType: pf`, so that a PF with VFs enabled is meant. */
  readonly forPf: boolean;
  /** The request names the address, so that a controller is meant and not its leaves. */
  readonly byAddress: boolean;
  /** The request names the tag of devices that another machine manages. */
  readonly forRemote: boolean;
}

/** How a request asks for a device. */
export interface Asking extends Lifting {
  readonly vmId: string;
  readonly tenant?: string;
}

/**
 * The first rule that keeps a device from a VM, in a fixed order; undefined when the VM may have it.
 * What the VM itself holds counts as free to it.
 */
export const unavailability = (
  device: DeviceObservation,
  host: Circumstances,
  asking: Asking,
  kept: Keeping = (member) => keptByHost(member, host, asking.vmId),
): Unavailable | undefined => {
  const holdsIt = host.holders.get(device.deviceId) === asking.vmId;
  const own = firstIneligibility(device, host, kept, (code) => lifted(code, asking, holdsIt));
  if (own?.code === 'GROUP_NOT_VIABLE' && groupSpoiler(device, host, kept)?.hostUse) return { ...own, code: 'IOMMU_GROUP_HOST_USE' };
  if (!own && host.closedTo?.(asking.vmId)) return { code: 'HOST_DRAINING', message: 'its host is being drained' };
  return own ?? heldElsewhere(device, host, asking.vmId) ?? groupHeldElsewhere(device, host, asking.vmId) ?? keptByTag(device, host, asking);
};

/** A device that is kept for tenants goes to nobody else, and one that another machine manages to nobody who does not ask for such. */
const keptByTag = (device: DeviceObservation, host: Circumstances, { vmId, tenant, forRemote }: Asking): Unavailable | undefined => {
  const foreign = goingAlong(
    device,
    host,
    vmId,
    ({ tags: { [TENANT_TAG]: tenants } }) => tenants !== undefined && !tenantsOf(tenants).includes(tenant ?? ''),
  );
  if (foreign) return { code: 'RESERVED_FOR_TENANT', message: `${foreign.which} is kept for ${foreign.one.tags[TENANT_TAG]}` };
  const remote = forRemote ? undefined : goingAlong(device, host, vmId, isRemote);
  return remote && { code: 'REMOTE_MANAGED', message: `another machine manages ${remote.which}; who means it names tags.${REMOTE_TAG} in a match` };
};

/** Whether another machine manages a device. */
export const isRemote = ({ tags }: DeviceObservation): boolean => (tags[REMOTE_TAG] ?? 'false') !== 'false';

/** A device itself, else what goes along with it in its IOMMU group, of which something is so. What a VM holds it keeps. */
const goingAlong = (device: DeviceObservation, host: Circumstances, vmId: string, isSo: (one: DeviceObservation) => boolean) => {
  const counts = (one: DeviceObservation): boolean => isSo(one) && host.holders.get(one.deviceId) !== vmId;
  if (counts(device)) return { one: device, which: 'it' };
  const one = host.unsafeIommuGroups ? undefined : host.topology.groupOf(device).find(counts);
  return one && { one, which: `${one.address} in its IOMMU group` };
};

export const tenantsOf = (tag: string): readonly string[] => tag.split(',').map((name) => name.trim());

/** A cordon takes effect when the device is free: it does not keep a VM from what it holds. */
const lifted = (code: IneligibleCode, { forPf, byAddress }: Asking, holdsIt: boolean): boolean =>
  (code === 'VFS_ENABLED' && forPf) || (code === 'NOT_LEAF' && byAddress) || (code === 'CORDONED' && holdsIt);

/**
 * Who holds what goes along with a device, or takes it along, so that nobody else can have it; undefined where nobody does.
 * Whether the device may be given at all is another question.
 */
export const inUseWithOthers = (device: DeviceObservation, host: Circumstances): Unavailable | undefined =>
  heldElsewhere(device, host, NOBODY) ?? groupHeldElsewhere(device, host, NOBODY);

/** No VM has this id. */
const NOBODY = '';

const heldElsewhere = (device: DeviceObservation, host: Circumstances, vmId: string): Unavailable | undefined => {
  const holder = otherHolder(host, device, vmId);
  if (holder) return { code: 'DEVICE_IN_USE', message: `held by ${holder}` };
  const rival = host.topology.rivalsOf(device).find((one) => otherHolder(host, one, vmId));
  if (!rival) return undefined;
  const by = `is held by ${otherHolder(host, rival, vmId)}`;
  const { pfOf } = host.topology;
  if (pfOf(device) === rival) return { code: 'PF_IN_USE', message: `its physical function ${rival.address} ${by}` };
  if (pfOf(rival) === device) return { code: 'VFS_IN_USE', message: `its virtual function ${rival.address} ${by}` };
  return { code: 'DEVICE_IN_USE', message: `${rival.address}, which belongs with it, ${by}` };
};

const groupHeldElsewhere = (device: DeviceObservation, host: Circumstances, vmId: string): Unavailable | undefined => {
  if (host.unsafeIommuGroups) return undefined;
  const member = host.topology.groupOf(device).find((one) => otherHolder(host, one, vmId));
  if (!member) return undefined;
  const message = `${member.address} in its IOMMU group ${device.iommuGroup} is held by ${otherHolder(host, member, vmId)}`;
  return { code: 'IOMMU_GROUP_IN_USE', message };
};
