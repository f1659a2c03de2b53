import type { Alternative, Wish } from './ask.js';
import { companionship, exclusions, type Companionship } from './companions.js';
import type { DeviceObservation } from './device.js';
import type { Circumstances } from './eligibility.js';
import { useWhatGoesAlong, type Given } from './going-along.js';
import { assign } from './matching.js';
import { inAddressOrder } from './ranking.js';
import { rememberedKeeping, surveyHost, type Survey } from './survey.js';
import { explainUnmet, type Unmet } from './unmet.js';

export interface ChosenDevice {
  readonly device: DeviceObservation;
  readonly requestName: string;
  /** In no request: it goes along because its IOMMU group is passed as a whole. */
  readonly affected: boolean;
  /** The alternative by which the request is served. */
  readonly alternative: Alternative;
}

export type Choice = { readonly chosen: readonly ChosenDevice[] } | { readonly unmet: readonly Unmet[] };

/** All the devices that a VM asks for on one host, whole IOMMU groups, or every reason why not. */
export const chooseDevices = (host: Circumstances, wish: Wish): Choice => considerHost(host, wish).choice;

/** The choice, with what each request found on the way to it. */
export const considerHost = (host: Circumstances, wish: Wish): { readonly choice: Choice; readonly surveys: readonly Survey[] } => {
  const kept = rememberedKeeping(host, wish.vmId);
  const along = companionship(host, kept);
  const { surveys, order } = surveyHost(host, wish, kept, along);
  const excludes = exclusions(order, along);
  const demands = surveys.map(({ ask: { link }, ways }) => ({ options: optionsOf(ways), ...(link !== undefined && { link }) }));
  const assigned = assign({ demands, order, excludes });
  if ('failed' in assigned) return { surveys, choice: { unmet: explainUnmet(host, surveys, excludes, assigned.failed === 'limit') } };

  const used = assigned.served.map(({ option }, request) => (demands[request]?.options ?? [])[option] as TaggedOption);
  const given = assigned.served.flatMap(({ devices }, request): readonly Given[] => {
    const { apart, alternative, candidates } = used[request] as TaggedOption;
    const exchangeable = !apart && alternative.count !== 'all';
    return devices.map((device) => ({ device, request, ...(exchangeable && { instead: candidates }) }));
  });
  const toAsked = ({ device, request }: Pick<Given, 'device' | 'request'>): ChosenDevice => {
    const { requestName } = (surveys[request] as Survey).ask;
    return { device, requestName, affected: false, alternative: (used[request] as TaggedOption).alternative };
  };
  const everything = (devices: readonly DeviceObservation[]): ReadonlySet<DeviceObservation> => {
    const asked = devices.map((device) => toAsked({ device, request: 0 }));
    return new Set([...devices, ...affectedBy(asked, along).map(({ device }) => device)]);
  };
  const asked = useWhatGoesAlong(given, everything).map(toAsked);
  return { surveys, choice: { chosen: inAddressOrder([...asked, ...affectedBy(asked, along)], host.topology) } };
};

type TaggedOption = Survey['ways'][number]['options'][number] & { readonly alternative: Alternative };

const tagged = new WeakMap<Survey['ways'], readonly TaggedOption[]>();

/** The options of all alternatives, one after the other. The same list for the same ways, so that equal requests are known as equal. */
const optionsOf = (ways: Survey['ways']): readonly TaggedOption[] => {
  const known = tagged.get(ways);
  if (known) return known;
  const made = ways.flatMap(({ alternative, options }) => options.map((option) => ({ ...option, alternative })));
  tagged.set(ways, made);
  return made;
};

/** What goes along with devices that were asked for, each under the request of the first of them that brings it. */
const affectedBy = (asked: readonly ChosenDevice[], { movable, rivalsOf }: Companionship): readonly ChosenDevice[] => {
  const own = new Set(asked.map(({ device }) => device));
  const groups = new Map<number | null, ChosenDevice[]>();
  for (const one of asked) groups.set(one.device.iommuGroup, [...(groups.get(one.device.iommuGroup) ?? []), one]);
  return [...groups.values()].flatMap((together) =>
    movable((together[0] as ChosenDevice).device).flatMap((member) => {
      const bringer = own.has(member) ? undefined : together.find(({ device }) => !rivalsOf(device).includes(member));
      return bringer ? [{ ...bringer, device: member, affected: true }] : [];
    }),
  );
};
