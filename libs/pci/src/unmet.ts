import { addBits, countBits, eachBit, noBits } from './bits.js';
import type { DeviceObservation } from './device.js';
import type { Circumstances } from './eligibility.js';
import { attributesOn, isShort, type Survey } from './survey.js';
import { remembered } from './remembered.js';
import { combinationReasons, misfitReasons } from './shortfall.js';
import type { Reason, ReasonCode, Verdict, Way } from './ways.js';

/** Devices that each device of a wish rules out for the rest of it. */
export type Excludes = (device: DeviceObservation) => readonly DeviceObservation[];

/** Why a request is not served: what was asked, what is there, what is free, and what rules the rest out. */
export interface Unmet {
  readonly requestName: string;
  readonly asked: number;
  readonly matched: number;
  readonly free: number;
  readonly reasons: readonly Reason[];
}

/** What kept an assignment from being found. */
export interface Failure {
  /** Every device that is free for one of the requests. */
  readonly order: readonly DeviceObservation[];
  readonly excludes: Excludes;
  /** The search ended at its bound. */
  readonly limited: boolean;
  /** Whether some of the requests could be served if the others were not asked for. */
  readonly wouldServe: (surveys: readonly Survey[]) => boolean;
}

/** The requests to blame, and why: those that cannot be served even alone, else those that stand in each other's way. */
export const explainUnmet = (host: Circumstances, surveys: readonly Survey[], failure: Failure): readonly Unmet[] => {
  const short = surveys.filter(isShort);
  if (short.length > 0) return short.map((one) => unmetOf(host, one));
  const wouldServe = remembered((ways: Survey['ways']) => failure.wouldServe(surveys.filter((one) => one.ways === ways).slice(0, 1)));
  const isServable = (one: Survey): boolean => (one.ask.link === undefined ? wouldServe(one.ways) : failure.wouldServe(partsOf(one, surveys)));
  const uncombinable = surveys.filter((one) => combinationReasons(nearest(one)).length > 0 && !isServable(one));
  if (uncombinable.length > 0) return uncombinable.map((one) => unmetOf(host, one, combinationReasons(nearest(one))));

  const wanters = wantersOf(surveys, failure.order);
  const limit: readonly Reason[] = failure.limited
    ? [{ code: 'SEARCH_LIMIT', count: 0, example: 'the search ended before every combination was tried' }]
    : [];
  const rivalryOf = remembered((ways: Survey['ways']) => rivalry(nearest({ ways }), wanters, failure.excludes));
  const judged = surveys.map((one) => ({ one, why: rivalryOf(one.ways) }));
  const rivals = judged.filter(({ why }) => why.length > 0);
  return (rivals.length > 0 ? rivals : judged).map(({ one, why }) => unmetOf(host, one, [...why, ...limit]));
};

/** How many requests want each device. Requests that ask for the same are looked at once. */
const wantersOf = (surveys: readonly Survey[], order: readonly DeviceObservation[]): ReadonlyMap<DeviceObservation, number> => {
  const times = new Map<Survey['ways'], number>();
  for (const { ways } of surveys) times.set(ways, (times.get(ways) ?? 0) + 1);
  const counts = new Int32Array(order.length);
  for (const [ways, number] of times) {
    const wanted = noBits(order.length);
    for (const { places } of ways) addBits(wanted, places);
    eachBit(wanted, (place) => (counts[place] = (counts[place] as number) + number));
  }
  return new Map(order.map((device, place) => [device, counts[place] as number]));
};

/** What is linked to a request, itself among it. */
const partsOf = (one: Survey, surveys: readonly Survey[]): readonly Survey[] => surveys.filter(({ ask }) => ask.link === one.ask.link);

/** The state of one request on a host, whether it can be served or not. */
export const unmetOf = (host: Circumstances, survey: Survey, more: readonly Reason[] = []): Unmet => {
  const way = nearest(survey);
  return {
    requestName: survey.ask.requestName,
    asked: way.needed,
    matched: way.verdicts().length,
    free: way.free().length,
    reasons: [...tally(way.verdicts()), ...misfitReasons(way, attributesOn(host)), ...more],
  };
};

/** The alternative that is nearest to being served; the first of equals. */
export const nearest = ({ ways }: Pick<Survey, 'ways'>): Way => ways.reduce((best, way) => (lackOf(way) < lackOf(best) ? way : best));

const lackOf = ({ needed, places }: Way): number => needed - countBits(places);

const tally = (verdicts: readonly Verdict[]): readonly Reason[] => {
  const reasons = new Map<ReasonCode, { code: ReasonCode; count: number; example: string }>();
  for (const { device, no } of verdicts) {
    if (!no) continue;
    const reason = reasons.get(no.code);
    if (reason) reason.count += 1;
    else reasons.set(no.code, { code: no.code, count: 1, example: `${device.address}: ${no.message}` });
  }
  return [...reasons.values()];
};

/** What else of the same wish wants a request's devices, or excludes them. */
const rivalry = (way: Way, wanters: ReadonlyMap<DeviceObservation, number>, excludes: Excludes): readonly Reason[] => {
  const free = way.free();
  const reason = (code: Reason['code'], devices: readonly DeviceObservation[]): readonly Reason[] =>
    devices[0] ? [{ code, count: devices.length, example: `${devices[0].address}: wanted by this VM as well` }] : [];
  const excluded = free.filter((device) => excludes(device).some((other) => wanters.has(other)));
  return [
    ...reason(
      'TAKEN_BY_OTHER_REQUEST',
      free.filter((device) => (wanters.get(device) ?? 0) > 1),
    ),
    ...reason(
      'PF_IN_USE',
      excluded.filter(({ functionType }) => functionType === 'vf'),
    ),
    ...reason(
      'VFS_IN_USE',
      excluded.filter(({ functionType }) => functionType !== 'vf'),
    ),
  ];
};
