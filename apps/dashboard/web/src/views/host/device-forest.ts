import type { Device } from '@vfleet/contracts';

export interface Branch {
  readonly device: Device;
  readonly children: readonly Branch[];
}

/** Devices below what they hang on. One whose parent is not among them, or is below itself, stands on top. */
export const toForest = (devices: readonly Device[]): readonly Branch[] => {
  const known = new Set(devices.map(({ deviceId }) => deviceId));
  const below = new Map<string, Device[]>();
  const roots: Device[] = [];
  for (const device of devices) {
    const { parentDeviceId } = device;
    if (parentDeviceId === undefined || !known.has(parentDeviceId)) roots.push(device);
    else below.set(parentDeviceId, [...(below.get(parentDeviceId) ?? []), device]);
  }
  const placed = new Set<string>();
  const grow = (device: Device): Branch => {
    placed.add(device.deviceId);
    return { device, children: (below.get(device.deviceId) ?? []).filter(({ deviceId }) => !placed.has(deviceId)).map(grow) };
  };
  const grown = roots.map(grow);
  return [...grown, ...devices.flatMap((device) => (placed.has(device.deviceId) ? [] : [grow(device)]))];
};

/** Devices by the value of one of their fields; those without it last, under null. */
export const groupBy = (devices: readonly Device[], field: 'iommuGroup' | 'numaNode'): readonly (readonly [number | null, readonly Device[]])[] => {
  const groups = new Map<number | null, Device[]>();
  for (const device of devices) groups.set(device[field], [...(groups.get(device[field]) ?? []), device]);
  return [...groups].toSorted(([one], [other]) => (one ?? Infinity) - (other ?? Infinity));
};
