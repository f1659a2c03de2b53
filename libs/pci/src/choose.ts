import type { DeviceObservation } from './device.js';
import { keptByHost, type Circumstances, type Keeping } from './eligibility.js';
import { assign } from './matching.js';
import { compareAddresses } from './ranking.js';
import type { Ask } from './request.js';
import { explainUnmet, rememberedKeeping, surveyHost, type Excludes, type Survey, type Unmet } from './survey.js';

export interface ChosenDevice {
  readonly device: DeviceObservation;
  readonly requestName: string;
  /** In no request: it goes along because its IOMMU group is passed as a whole. */
  readonly affected: boolean;
}

export interface Wish {
  readonly vmId: string;
  readonly asks: readonly Ask[];
  /** NUMA nodes of the VM; its devices are best near them. */
  readonly numaNodes?: readonly number[];
}

/** All the devices that a VM asks for on one host, whole IOMMU groups, or every reason why not. */
export const chooseDevices = (
  host: Circumstances,
  wish: Wish,
): { readonly chosen: readonly ChosenDevice[] } | { readonly unmet: readonly Unmet[] } => {
  const kept = rememberedKeeping(host, wish.vmId);
  const surveys = surveyHost(host, wish, wish.asks, kept);
  const excludes = exclusions(host, surveys, kept);
  const served = assign(
    surveys.map(({ ask, free }) => ({ count: ask.count, candidates: free })),
    excludes,
  );
  if (!served) return { unmet: explainUnmet(surveys, excludes) };

  const asked = served.flatMap((devices, index) => {
    const { requestName } = wish.asks[index] as Ask;
    return devices.map((device) => ({ device, requestName, affected: false }));
  });
  const chosen = new Map<string, ChosenDevice>(asked.map((one) => [one.device.deviceId, one]));
  for (const { device, requestName } of asked)
    for (const member of companions(device, host, kept))
      if (!chosen.has(member.deviceId)) chosen.set(member.deviceId, { device: member, requestName, affected: true });
  return { chosen: [...chosen.values()].sort((a, b) => compareAddresses(a.device, b.device)) };
};

/** The rest of a device's IOMMU group that goes to a VM with it. */
export const companions = (
  device: DeviceObservation,
  host: Circumstances,
  kept: Keeping = (member) => keptByHost(member, host, host.holders.get(device.deviceId)),
): readonly DeviceObservation[] => {
  if (host.unsafeIommuGroups) return [];
  const stays = new Set([device, ...host.topology.rivalsOf(device)]);
  return host.topology.groupOf(device).filter((member) => !stays.has(member) && kept(member) === undefined && !host.missing.has(member.deviceId));
};

/**
 * Which of the devices that a wish could get may not go to one VM together: a PF and its VFs, a controller and its
 * leaves, whether they are asked for or go along with their group.
 */
const exclusions = (host: Circumstances, surveys: readonly Survey[], kept: Keeping): Excludes => {
  const units = new Map<DeviceObservation, readonly DeviceObservation[]>();
  const carriers = new Map<DeviceObservation, Set<DeviceObservation>>();
  for (const device of new Set(surveys.flatMap(({ free }) => free))) {
    const unit = [device, ...companions(device, host, kept)];
    units.set(device, unit);
    for (const member of unit) carriers.set(member, (carriers.get(member) ?? new Set()).add(device));
  }
  return (device) => {
    const rivals = (units.get(device) ?? []).flatMap((member) => host.topology.rivalsOf(member));
    const excluded = new Set(rivals.flatMap((rival) => [...(carriers.get(rival) ?? [])]));
    excluded.delete(device);
    return [...excluded];
  };
};
