import { companionship, exclusions, type Companionship } from './companions.js';
import type { DeviceObservation } from './device.js';
import type { Circumstances } from './eligibility.js';
import { assign } from './matching.js';
import { inAddressOrder } from './ranking.js';
import type { Ask } from './request.js';
import { explainUnmet, rememberedKeeping, surveyHost, type Unmet } from './survey.js';

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
  const along = companionship(host, kept);
  const excludes = exclusions(
    surveys.flatMap(({ free }) => free),
    along,
  );
  const served = assign(
    surveys.map(({ ask, free }) => ({ count: ask.count, candidates: free })),
    excludes,
  );
  if (!served) return { unmet: explainUnmet(surveys, excludes) };
  const asked = served.flatMap((devices, index) => {
    const { requestName } = wish.asks[index] as Ask;
    return devices.map((device) => ({ device, requestName, affected: false }));
  });
  return { chosen: inAddressOrder([...asked, ...affectedBy(asked, along)], host.topology) };
};

/** What goes along with devices that were asked for, each under the request of the first of them that brings it. */
const affectedBy = (asked: readonly ChosenDevice[], { movable, rivalsOf }: Companionship): readonly ChosenDevice[] => {
  const own = new Set(asked.map(({ device }) => device));
  const groups = new Map<number | null, ChosenDevice[]>();
  for (const one of asked) groups.set(one.device.iommuGroup, [...(groups.get(one.device.iommuGroup) ?? []), one]);
  return [...groups.values()].flatMap((together) =>
    movable((together[0] as ChosenDevice).device).flatMap((member) => {
      const bringer = own.has(member) ? undefined : together.find(({ device }) => !rivalsOf(device).includes(member));
      return bringer ? [{ device: member, requestName: bringer.requestName, affected: true }] : [];
    }),
  );
};
