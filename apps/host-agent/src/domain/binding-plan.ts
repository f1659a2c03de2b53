import {
  BY_DEFAULT,
  companions,
  firstIneligibility,
  isBridge,
  keptByHost,
  topologyOf,
  type Circumstances,
  type DeviceObservation,
} from '@vfleet/pci';

export type BindingPlan = { readonly bind: readonly DeviceObservation[] } | { readonly refused: string };

/**
 * What has to be bound to a VFIO driver so that a VM can be given a device: the device, and what goes along in its IOMMU
 * group, for VFIO takes a group as a whole or not at all. Refused where the host needs any of it.
 */
export const planBinding = (devices: readonly DeviceObservation[], deviceId: string, unsafeIommuGroups: boolean): BindingPlan => {
  const host = circumstancesOf(devices, unsafeIommuGroups);
  const device = host.topology.devices.get(deviceId);
  if (!device) return { refused: `this host has no device ${deviceId}` };
  const kept = (member: DeviceObservation): string | undefined => keptByHost(member, host);
  // Whether a controller or a PF with VFs is given as a whole is for those to decide who were asked by address, and which classes hosts keep is for operators to say.
  const decided = (code: string): boolean => code === 'NOT_LEAF' || code === 'VFS_ENABLED' || (code === 'CLASS_EXCLUDED' && !isBridge(device));
  const why = firstIneligibility(device, host, kept, decided);
  return why ? { refused: why.message } : { bind: [device, ...companions(device, host, kept)] };
};

/** What one host's agent knows by itself; who holds what is decided elsewhere. */
const circumstancesOf = (devices: readonly DeviceObservation[], unsafeIommuGroups: boolean): Circumstances => ({
  topology: topologyOf(new Map(devices.map((device) => [device.deviceId, device]))),
  holders: new Map(),
  cordoned: new Set(),
  missing: new Set(),
  stale: false,
  unsafeIommuGroups,
  modelOf: () => undefined,
  customDisabled: false,
  excludedClass: BY_DEFAULT,
});
