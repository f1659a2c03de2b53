import type { Alternative, Wish } from './ask.js';
import { membersOf } from './bits.js';
import { broughtAlong, companionship, exclusions, type Companionship } from './companions.js';
import type { DeviceObservation } from './device.js';
import type { Circumstances } from './eligibility.js';
import { useWhatGoesAlong, type Given } from './going-along.js';
import { MAX_SEARCH, assign, type Assignment, type Demand } from './matching.js';
import { quickChoice } from './quick-choice.js';
import { inAddressOrder } from './ranking.js';
import { remembered } from './remembered.js';
import { rememberedKeeping, surveyHost, type Survey, type Surveyed } from './survey.js';
import { explainUnmet, type Unmet } from './unmet.js';
import type { AlternativeOption } from './ways.js';

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
export const chooseDevices = (host: Circumstances, wish: Wish): Choice => {
  const chosen = quickChoice(host, wish);
  return chosen ? { chosen } : considerHost(host, wish).choice;
};

/** The choice, with what each request found on the way to it, and the work that the search for it took. */
export const considerHost = (
  host: Circumstances,
  wish: Wish,
): { readonly choice: Choice; readonly surveys: readonly Survey[]; readonly work: { readonly steps: number } } => {
  const kept = rememberedKeeping(host, wish.vmId);
  const along = companionship(host, kept);
  const { surveys, order } = surveyHost(host, wish, kept, along);
  const excludes = exclusions(order, along);
  const places = new Map(order.map((device, place) => [device, place]));
  const excluded = remembered((device: number) => excludes(order[device] as DeviceObservation).flatMap((other) => places.get(other) ?? []));
  const work = { steps: 0 };
  const ask = (some: readonly Survey[], bound?: number): Assignment =>
    assign({ devices: order.length, demands: some.map(demandOf), excludes: excluded }, bound, work);
  const assigned = ask(surveys);
  if ('served' in assigned) return { surveys, work, choice: { chosen: choose(assigned.served, { surveys, order }, host, along) } };
  const wouldServe = (some: readonly Survey[]): boolean => 'served' in ask(some, MAX_SEARCH / surveys.length);
  const unmet = explainUnmet(host, surveys, { order, excludes, limited: assigned.failed === 'limit', wouldServe });
  return { surveys, work, choice: { unmet } };
};

const demandOf = ({ ask: { link }, options, loosest }: Survey, at: number, all: readonly Survey[]): Demand => {
  const before = all[at - 1];
  const likeBefore = link === undefined && before?.ask.link === undefined && before?.options === options;
  return { options, loosest, likeBefore, ...(link !== undefined && { link }) };
};

type Served = Extract<Assignment, { readonly served: unknown }>['served'];

/** What the VM gets with what was assigned to its requests. */
const choose = (served: Served, { surveys, order }: Surveyed, host: Circumstances, along: Companionship): readonly ChosenDevice[] => {
  const used = served.map(({ option }, request) => (surveys[request] as Survey).options[option] as AlternativeOption);
  const deviceAt = (place: number): DeviceObservation => order[place] as DeviceObservation;
  const given = served.flatMap(({ devices }, request): readonly Given[] => {
    const { apart, alternative, bits } = used[request] as AlternativeOption;
    const exchangeable = apart.length === 0 && alternative.count !== 'all';
    const instead = exchangeable ? membersOf(bits()).map(deviceAt) : [];
    return devices.map((place) => ({ device: deviceAt(place), request, ...(exchangeable && { instead }) }));
  });
  const everything = (devices: readonly DeviceObservation[]): ReadonlySet<DeviceObservation> =>
    new Set([...devices, ...broughtAlong(devices, along).map(({ member }) => member)]);
  const asked = new Map(
    useWhatGoesAlong(given, everything).map(({ device, request }): [DeviceObservation, ChosenDevice] => {
      const { requestName } = (surveys[request] as Survey).ask;
      return [device, { device, requestName, affected: false, alternative: (used[request] as AlternativeOption).alternative }];
    }),
  );
  const affected = broughtAlong([...asked.keys()], along).map(({ member, bringer }): ChosenDevice => {
    return { ...(asked.get(bringer) as ChosenDevice), device: member, affected: true };
  });
  return inAddressOrder([...asked.values(), ...affected], host.topology);
};
