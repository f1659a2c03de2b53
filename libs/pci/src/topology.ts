import { baseClass, type DeviceObservation } from './device.js';

/** How the devices of one host hang together. Built once per inventory of a host, not per question. */
export interface Topology {
  readonly devices: ReadonlyMap<string, DeviceObservation>;
  /** Members of an IOMMU group that count: bridges stay on the host and never block. */
  readonly groupOf: (device: DeviceObservation) => readonly DeviceObservation[];
  readonly vfsOf: (pf: DeviceObservation) => readonly DeviceObservation[];
  /** True when USB or SCSI devices hang below it, so that it is offered through them. */
  readonly hasLeavesBelow: (device: DeviceObservation) => boolean;
}

const NONE: readonly DeviceObservation[] = [];

export const topologyOf = (devices: ReadonlyMap<string, DeviceObservation>): Topology => {
  const groups = new Map<number, DeviceObservation[]>();
  const vfs = new Map<string, DeviceObservation[]>();
  const parentsOfLeaves = new Set<string>();
  for (const device of devices.values()) {
    if (device.iommuGroup !== null && !isBridge(device)) push(groups, device.iommuGroup, device);
    if (device.functionType === 'vf' && device.parentDeviceId) push(vfs, device.parentDeviceId, device);
    if ((device.kind === 'usb' || device.kind === 'scsi') && device.parentDeviceId) parentsOfLeaves.add(device.parentDeviceId);
  }
  return {
    devices,
    groupOf: (device) => (device.iommuGroup === null ? NONE : (groups.get(device.iommuGroup) ?? NONE)),
    vfsOf: (pf) => vfs.get(pf.deviceId) ?? NONE,
    hasLeavesBelow: (device) => parentsOfLeaves.has(device.deviceId),
  };
};

export const isBridge = (device: DeviceObservation): boolean => baseClass(device) === '06';

const push = <K>(map: Map<K, DeviceObservation[]>, key: K, device: DeviceObservation): void => {
  const list = map.get(key);
  if (list) list.push(device);
  else map.set(key, [device]);
};
