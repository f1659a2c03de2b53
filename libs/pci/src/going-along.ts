import type { DeviceObservation } from './device.js';

/** A device that a request is given, and what else would do for it. */
export interface Given {
  readonly device: DeviceObservation;
  readonly request: number;
  /** Least harm first. Undefined where devices of the request depend on each other, so that none may be exchanged alone. */
  readonly instead?: readonly DeviceObservation[];
}

/** Exchanges that are tried for one wish at most. */
const MAX_TRIES = 64;

type Devices = ReadonlySet<DeviceObservation>;
type Group = DeviceObservation['iommuGroup'];

/**
 * What goes to the VM anyhow, because its IOMMU group does, counts towards the requests that it satisfies: a device that
 * was chosen for such a request, and that nothing else needs, stays free. `everything` is what goes to the VM with some
 * devices of one group that it is given; groups do not matter to each other.
 */
export const useWhatGoesAlong = (given: readonly Given[], everything: (devices: readonly DeviceObservation[]) => Devices): readonly Given[] => {
  const best = [...given];
  const groups = new Map<Group, readonly DeviceObservation[]>();
  for (const { device } of given) groups.set(device.iommuGroup, [...(groups.get(device.iommuGroup) ?? []), device]);
  const brought = new Map(Array.from(groups, ([group, devices]) => [group, everything(devices)]));
  const asked = new Set(given.map(({ device }) => device));
  const goes = (one: DeviceObservation): boolean => brought.get(one.iommuGroup)?.has(one) === true;
  let along = [...brought.values()].reduce((sum, devices) => sum + devices.size, -given.length);
  for (let index = best.length - 1, tries = 0; index >= 0 && along > 0 && tries < MAX_TRIES; index -= 1) {
    const { device, instead = [] } = best[index] as Given;
    const other = instead.find((one) => goes(one) && !asked.has(one));
    if (!other) continue;
    tries += 1;
    const changed = exchange(groups, device, other);
    const after = Array.from(changed, ([group, devices]) => [group, everything(devices)] as const);
    const fewer = after.reduce((sum, [group, devices]) => sum + (brought.get(group)?.size ?? 0) - devices.size, 0);
    if (fewer <= 0 || !after.every(([, devices]) => [...devices].every(goes))) continue;
    for (const [group, devices] of changed) groups.set(group, devices);
    for (const [group, devices] of after) brought.set(group, devices);
    best[index] = { ...(best[index] as Given), device: other };
    asked.delete(device);
    asked.add(other);
    along -= fewer;
  }
  return best;
};

/** The groups that change when one device takes the place of another. */
const exchange = (
  groups: ReadonlyMap<Group, readonly DeviceObservation[]>,
  device: DeviceObservation,
  other: DeviceObservation,
): ReadonlyMap<Group, readonly DeviceObservation[]> => {
  const left = (groups.get(device.iommuGroup) ?? []).filter((one) => one !== device);
  if (device.iommuGroup === other.iommuGroup) return new Map([[other.iommuGroup, [...left, other]]]);
  return new Map([
    [device.iommuGroup, left],
    [other.iommuGroup, [...(groups.get(other.iommuGroup) ?? []), other]],
  ]);
};
