import type { DeviceObservation } from './device.js';
import { groupSpoiler, ineligibility, type Circumstances, type IneligibleCode } from './eligibility.js';

export type UnavailableCode =
  | IneligibleCode
  | 'DEVICE_IN_USE'
  | 'IOMMU_GROUP_IN_USE'
  | 'IOMMU_GROUP_HOST_USE'
  | 'PF_IN_USE'
  | 'VFS_IN_USE';

export interface Unavailable {
  readonly code: UnavailableCode;
  readonly message: string;
}

/** How a request asks for a device; some ways of asking lift a rule that protects against accidents. */
export interface Asking {
  readonly vmId: string;
  /** The request names `functionType: pf`, so that a PF with VFs enabled is meant. */
  readonly forPf: boolean;
  /** The request names the address, so that a controller is meant and not its leaves. */
  readonly byAddress: boolean;
}

/**
 * The first rule that keeps a device from a VM, in a fixed order; undefined when the VM may have it.
 * What the VM itself holds counts as free to it.
 */
export const unavailability = (device: DeviceObservation, host: Circumstances, asking: Asking): Unavailable | undefined => {
  const own = ineligibility(device, host).find(({ code }) => !lifted(code, asking));
  if (own?.code === 'GROUP_NOT_VIABLE' && groupSpoiler(device, host)?.hostUse) return { ...own, code: 'IOMMU_GROUP_HOST_USE' };
  return own ?? occupied(device, host, asking.vmId);
};

const lifted = (code: IneligibleCode, { forPf, byAddress }: Asking): boolean =>
  (code === 'VFS_ENABLED' && forPf) || (code === 'NOT_LEAF' && byAddress);

const occupied = (device: DeviceObservation, host: Circumstances, vmId: string): Unavailable | undefined => {
  const byOther = ({ deviceId }: { readonly deviceId: string }): string | undefined => {
    const holder = host.holders.get(deviceId);
    return holder === vmId ? undefined : holder;
  };
  const holder = byOther(device);
  if (holder) return { code: 'DEVICE_IN_USE', message: `held by ${holder}` };

  const pf = device.functionType === 'vf' && device.parentDeviceId ? byOther({ deviceId: device.parentDeviceId }) : undefined;
  if (pf) return { code: 'PF_IN_USE', message: `its physical function is held by ${pf}` };
  const vf = host.topology.vfsOf(device).find(byOther);
  if (vf) return { code: 'VFS_IN_USE', message: `its virtual function ${vf.address} is held by ${byOther(vf)}` };

  if (host.unsafeIommuGroups) return undefined;
  const member = host.topology.groupOf(device).find(byOther);
  if (!member) return undefined;
  return { code: 'IOMMU_GROUP_IN_USE', message: `${member.address} in its IOMMU group ${device.iommuGroup} is held by ${byOther(member)}` };
};
