import { addressSortKey } from './address.js';
import { describeDevice } from './attributes.js';
import { baseClass, type DeviceObservation } from './device.js';
import type { Attributes } from './match.js';
import { remembered } from './remembered.js';

/** How the devices of one host hang together. Built once per inventory of a host, not per question. */
export interface Topology {
  readonly devices: ReadonlyMap<string, DeviceObservation>;
  /** Members of an IOMMU group that count: bridges stay on the host and never block. */
  readonly groupOf: (device: DeviceObservation) => readonly DeviceObservation[];
  readonly vfsOf: (pf: DeviceObservation) => readonly DeviceObservation[];
  /** The PF of a VF; undefined for anything else. */
  readonly pfOf: (device: DeviceObservation) => DeviceObservation | undefined;
  /** USB and SCSI devices that hang below a controller: it is offered through them. */
  readonly leavesOf: (controller: DeviceObservation) => readonly DeviceObservation[];
  /** What takes a device along by its nature, so that the two never have two holders: PF and VFs, controller and leaves. */
  readonly rivalsOf: (device: DeviceObservation) => readonly DeviceObservation[];
  /** What a match may ask of a device. */
  readonly attributesOf: (device: DeviceObservation) => Attributes;
  /** Devices with an operator-given name. */
  readonly named: (name: string) => readonly DeviceObservation[];
  /** A device's place in the order of addresses. */
  readonly placeOf: (device: DeviceObservation) => number;
}

const NONE: readonly DeviceObservation[] = [];

export const topologyOf = (devices: ReadonlyMap<string, DeviceObservation>): Topology => {
  const groups = new Map<number, DeviceObservation[]>();
  const vfs = new Map<string, DeviceObservation[]>();
  const leaves = new Map<string, DeviceObservation[]>();
  for (const device of devices.values()) {
    if (device.iommuGroup !== null && !isBridge(device)) push(groups, device.iommuGroup, device);
    if (device.functionType === 'vf' && device.parentDeviceId) push(vfs, device.parentDeviceId, device);
    if (isLeafKind(device) && device.parentDeviceId) push(leaves, device.parentDeviceId, device);
  }
  const parentOf = ({ parentDeviceId }: DeviceObservation): DeviceObservation | undefined =>
    parentDeviceId === undefined ? undefined : devices.get(parentDeviceId);
  const vfsOf = (pf: DeviceObservation): readonly DeviceObservation[] => vfs.get(pf.deviceId) ?? NONE;
  const leavesOf = (controller: DeviceObservation): readonly DeviceObservation[] => leaves.get(controller.deviceId) ?? NONE;
  const pfOf = (device: DeviceObservation): DeviceObservation | undefined => (device.functionType === 'vf' ? parentOf(device) : undefined);
  let names: ReadonlyMap<string, readonly DeviceObservation[]> | undefined;
  let places: ReadonlyMap<DeviceObservation, number> | undefined;
  return {
    devices,
    groupOf: (device) => (device.iommuGroup === null ? NONE : (groups.get(device.iommuGroup) ?? NONE)),
    vfsOf,
    pfOf,
    leavesOf,
    rivalsOf: remembered((device) => {
      const parent = device.functionType === 'vf' || isLeafKind(device) ? parentOf(device) : undefined;
      return parent ? [parent] : [...vfsOf(device), ...leavesOf(device)];
    }),
    attributesOf: remembered((device) => describeDevice(device, pfOf(device))),
    named: (name) => (names ??= namesOf(devices.values())).get(name) ?? NONE,
    placeOf: (device) => (places ??= placesOf(devices.values())).get(device) ?? Number.MAX_SAFE_INTEGER,
  };
};

const namesOf = (devices: Iterable<DeviceObservation>): ReadonlyMap<string, readonly DeviceObservation[]> => {
  const names = new Map<string, DeviceObservation[]>();
  for (const device of devices) if (device.name !== undefined) push(names, device.name, device);
  return names;
};

const placesOf = (devices: Iterable<DeviceObservation>): ReadonlyMap<DeviceObservation, number> => {
  const keyed = [...devices].map((device) => ({ device, key: addressSortKey(device.kind, device.address) }));
  keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return new Map(keyed.map(({ device }, place) => [device, place]));
};

export const isBridge = (device: DeviceObservation): boolean => baseClass(device) === '06';

const isLeafKind = ({ kind }: DeviceObservation): boolean => kind === 'usb' || kind === 'scsi';

const push = <K>(map: Map<K, DeviceObservation[]>, key: K, device: DeviceObservation): void => {
  const list = map.get(key);
  if (list) list.push(device);
  else map.set(key, [device]);
};
