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
  /** USB and SCSI devices that hang below a controller, mediated devices of a function: it is offered through them. */
  readonly leavesOf: (controller: DeviceObservation) => readonly DeviceObservation[];
  /** Everything that is gone from the host with a device: VFs of a PF, leaves of a controller, and what is below these. */
  readonly subtreeOf: (device: DeviceObservation) => readonly DeviceObservation[];
  /** What takes a device along by its nature, or goes along with it, so that the two never have two holders. Symmetric. */
  readonly rivalsOf: (device: DeviceObservation) => readonly DeviceObservation[];
  /** What a match may ask of a device. */
  readonly attributesOf: (device: DeviceObservation) => Attributes;
  /** Devices with an operator-given name. */
  readonly named: (name: string) => readonly DeviceObservation[];
  /** In the order of addresses. */
  readonly inOrder: () => readonly DeviceObservation[];
  /** A device's place in the order of addresses. */
  readonly placeOf: (device: DeviceObservation) => number;
}

const NONE: readonly DeviceObservation[] = [];

export const topologyOf = (devices: ReadonlyMap<string, DeviceObservation>): Topology => {
  const groups = new Map<number, DeviceObservation[]>();
  const vfs = new Map<string, DeviceObservation[]>();
  const leaves = new Map<string, DeviceObservation[]>();
  const parentOf = (device: DeviceObservation): DeviceObservation | undefined => (hasOwner(device) ? devices.get(device.parentDeviceId) : undefined);
  for (const device of devices.values()) {
    if (device.iommuGroup !== null && !isBridge(device)) push(groups, device.iommuGroup, device);
    if (hasOwner(device)) push(isLeafKind(device) ? leaves : vfs, device.parentDeviceId, device);
  }
  const vfsOf = (pf: DeviceObservation): readonly DeviceObservation[] => vfs.get(pf.deviceId) ?? NONE;
  const leavesOf = (controller: DeviceObservation): readonly DeviceObservation[] => leaves.get(controller.deviceId) ?? NONE;
  const pfOf = (device: DeviceObservation): DeviceObservation | undefined => (device.functionType === 'vf' ? parentOf(device) : undefined);
  const subtreeOf = (device: DeviceObservation): readonly DeviceObservation[] => reach(device, (one) => [...vfsOf(one), ...leavesOf(one)]);
  let names: ReadonlyMap<string, readonly DeviceObservation[]> | undefined;
  let ordered: readonly DeviceObservation[] | undefined;
  let places: ReadonlyMap<DeviceObservation, number> | undefined;
  const inOrder = (): readonly DeviceObservation[] => (ordered ??= byAddress(devices.values()));
  return {
    devices,
    groupOf: (device) => (device.iommuGroup === null ? NONE : (groups.get(device.iommuGroup) ?? NONE)),
    vfsOf,
    pfOf,
    leavesOf,
    subtreeOf,
    rivalsOf: remembered((device) => {
      const above = reach(device, (one) => [parentOf(one)].filter((parent) => parent !== undefined));
      return above.length === 0 ? subtreeOf(device) : [...new Set([...above, ...subtreeOf(device)])];
    }),
    attributesOf: remembered((device) => describeDevice(device, pfOf(device))),
    named: (name) => (names ??= namesOf(devices.values())).get(name) ?? NONE,
    inOrder,
    placeOf: (device) => (places ??= new Map(inOrder().map((one, place) => [one, place]))).get(device) ?? Number.MAX_SAFE_INTEGER,
  };
};

const namesOf = (devices: Iterable<DeviceObservation>): ReadonlyMap<string, readonly DeviceObservation[]> => {
  const names = new Map<string, DeviceObservation[]>();
  for (const device of devices) if (device.name !== undefined) push(names, device.name, device);
  return names;
};

const byAddress = (devices: Iterable<DeviceObservation>): readonly DeviceObservation[] => {
  const keyed = [...devices].map((device) => ({ device, key: addressSortKey(device.kind, device.address) }));
  keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return keyed.map(({ device }) => device);
};

export const isBridge = (device: DeviceObservation): boolean => baseClass(device) === '06';

const isLeafKind = ({ kind }: DeviceObservation): boolean => kind === 'usb' || kind === 'scsi' || kind === 'mdev';

/** Whether a device is its parent's: another function's parent is a bridge, which nobody is given. */
const hasOwner = (device: DeviceObservation): device is DeviceObservation & { readonly parentDeviceId: string } =>
  device.parentDeviceId !== undefined && (device.functionType === 'vf' || isLeafKind(device));

/** Everything that steps lead to, the nearest first; agents may report circles. */
const reach = (from: DeviceObservation, next: (device: DeviceObservation) => readonly DeviceObservation[]): readonly DeviceObservation[] => {
  const first = next(from);
  if (first.length === 0) return NONE;
  const found = new Set(first);
  for (const device of found) for (const one of next(device)) found.add(one);
  found.delete(from);
  return [...found];
};

const push = <K>(map: Map<K, DeviceObservation[]>, key: K, device: DeviceObservation): void => {
  const list = map.get(key);
  if (list) list.push(device);
  else map.set(key, [device]);
};
