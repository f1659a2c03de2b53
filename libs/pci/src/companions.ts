import type { DeviceObservation } from './device.js';
import { keptByHost, type Circumstances, type Keeping } from './eligibility.js';
import { remembered } from './remembered.js';

/** What goes along with what on one host, as one VM would get it. */
export interface Companionship {
  /** Members of a device's IOMMU group that can go to a VM; empty where groups do not count. */
  readonly movable: (device: DeviceObservation) => readonly DeviceObservation[];
  /** Devices that take one another along by their nature, for the members of a group and for a device alone. */
  readonly rivalsOf: (device: DeviceObservation) => readonly DeviceObservation[];
}

/** Each group and each device is looked at once: a group of hundreds would cost its square otherwise. */
export const companionship = (host: Circumstances, kept: Keeping): Companionship => {
  const groups = new Map<number, readonly DeviceObservation[]>();
  return {
    movable: (device) => {
      if (host.unsafeIommuGroups || device.iommuGroup === null) return [];
      const known = groups.get(device.iommuGroup);
      if (known) return known;
      const members = host.topology.groupOf(device).filter((member) => kept(member) === undefined && !host.missing.has(member.deviceId));
      groups.set(device.iommuGroup, members);
      return members;
    },
    rivalsOf: host.topology.rivalsOf,
  };
};

/** The rest of a device's IOMMU group that goes to a VM with it. A PF's own VFs do not: they vanish with its driver. */
export const companions = (
  device: DeviceObservation,
  host: Circumstances,
  kept: Keeping = (member) => keptByHost(member, host, host.holders.get(device.deviceId)),
): readonly DeviceObservation[] => {
  const { movable, rivalsOf } = companionship(host, kept);
  return movable(device).filter((member) => member !== device && !rivalsOf(device).includes(member));
};

/**
 * Everything that a host loses with a device, and that nobody else can have from then on: the rest of its IOMMU group that
 * goes along, and what is below each of these. In the order of addresses.
 */
export const affectedBy = (device: DeviceObservation, host: Circumstances): readonly DeviceObservation[] => {
  const { subtreeOf, placeOf } = host.topology;
  const affected = new Set([device, ...companions(device, host)].flatMap((one) => [one, ...subtreeOf(one)]));
  affected.delete(device);
  return [...affected].sort((a, b) => placeOf(a) - placeOf(b));
};

/** What goes to a VM beside the devices that it is given, each with the first of them that brings it. */
export const broughtAlong = (
  devices: readonly DeviceObservation[],
  { movable, rivalsOf }: Companionship,
): readonly { readonly member: DeviceObservation; readonly bringer: DeviceObservation }[] => {
  const own = new Set(devices);
  const groups = new Map<number | null, DeviceObservation[]>();
  for (const device of devices) {
    const together = groups.get(device.iommuGroup);
    if (together) together.push(device);
    else groups.set(device.iommuGroup, [device]);
  }
  return [...groups.values()].flatMap((together) =>
    movable(together[0] as DeviceObservation).flatMap((member) => {
      const bringer = own.has(member) ? undefined : together.find((device) => !rivalsOf(device).includes(member));
      return bringer ? [{ member, bringer }] : [];
    }),
  );
};

/**
 * Which of some devices may not go to one VM together with one of them: a PF and its VFs, a controller and its leaves,
 * whether they are asked for or go along with their group. Symmetric.
 */
export const exclusions = (
  devices: Iterable<DeviceObservation>,
  { movable, rivalsOf }: Companionship,
): ((device: DeviceObservation) => readonly DeviceObservation[]) => {
  const wanted = new Set(devices);
  const inGroup = new Map<number | null, DeviceObservation[]>();
  for (const device of wanted) {
    const members = inGroup.get(device.iommuGroup);
    if (members) members.push(device);
    else inGroup.set(device.iommuGroup, [device]);
  }

  const groupRivals = remembered((members: readonly DeviceObservation[]) => new Set(members.flatMap(rivalsOf)));
  const unitRivals = (device: DeviceObservation): ReadonlySet<DeviceObservation> => {
    const own = rivalsOf(device);
    const members = movable(device);
    if (!members.some((member) => own.includes(member))) return new Set([...own, ...groupRivals(members)]);
    return new Set([...own, ...members.filter((member) => !own.includes(member)).flatMap(rivalsOf)]);
  };
  /** Those of the devices that bring one to the VM: itself, and those with whose group it goes along. */
  const bringing = remembered((device: DeviceObservation): readonly DeviceObservation[] => {
    const along = movable(device).includes(device) ? (inGroup.get(device.iommuGroup) ?? []) : [];
    return wanted.has(device) ? [device, ...along.filter((one) => one !== device)] : along;
  });
  return remembered((device) => {
    const excluded = new Set([...unitRivals(device)].flatMap(bringing));
    excluded.delete(device);
    return [...excluded];
  });
};
