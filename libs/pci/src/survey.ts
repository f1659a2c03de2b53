import { unavailability, type UnavailableCode } from './availability.js';
import type { DeviceObservation } from './device.js';
import { keptByHost, type Circumstances, type Keeping } from './eligibility.js';
import { leastHarmFirst, type Beneficiary } from './ranking.js';
import { remembered } from './remembered.js';
import type { Ask } from './request.js';

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

export interface Reason {
  readonly code: UnavailableCode | 'NO_MATCH' | 'TAKEN_BY_OTHER_REQUEST';
  readonly count: number;
  readonly example?: string;
}

/** What one request finds on a host: the free devices, best first, and what rules out the others that match. */
export interface Survey {
  readonly ask: Ask;
  readonly matched: number;
  readonly free: readonly DeviceObservation[];
  readonly ruledOut: readonly Reason[];
}

/** Why members of groups stay with the host, each judged once; a group of hundreds would cost its square otherwise. */
export const rememberedKeeping = (host: Circumstances, vmId: string): Keeping => {
  const known = new Map<string, string | undefined>();
  return (member) => {
    if (!known.has(member.deviceId)) known.set(member.deviceId, keptByHost(member, host, vmId));
    return known.get(member.deviceId);
  };
};

/** Looks at the devices that each request accepts; requests that lift the same rules share their verdicts. */
export const surveyHost = (host: Circumstances, vm: Beneficiary, asks: readonly Ask[], kept: Keeping): readonly Survey[] => {
  const verdicts = new Map<string, Judge>();
  const judged = asks.map((ask) => acceptedBy(ask, host).map(judgeOf(verdicts, ask, host, vm, kept)));
  const [only] = judged;
  const free = judged.length === 1 && only ? freeOf(only) : new Set(judged.flatMap(freeOf));
  const order = leastHarmFirst(free, host, vm);
  return asks.map((ask, index) => toSurvey(ask, judged[index] as readonly Verdict[], order));
};

const acceptedBy = (ask: Ask, { topology: { devices, attributesOf, named } }: Circumstances): readonly DeviceObservation[] =>
  ask.onlyNamed === undefined ? [...devices.values()].filter((device) => ask.accepts(attributesOf(device))) : named(ask.onlyNamed);

type Judge = (device: DeviceObservation) => Verdict;

const judgeOf = (verdicts: Map<string, Judge>, { forPf, byAddress }: Ask, host: Circumstances, { vmId }: Beneficiary, kept: Keeping): Judge => {
  const way = `${forPf} ${byAddress}`;
  const known = verdicts.get(way);
  if (known) return known;
  const judge = remembered((device: DeviceObservation) => ({ device, no: unavailability(device, host, { vmId, forPf, byAddress }, kept) }));
  verdicts.set(way, judge);
  return judge;
};

const freeOf = (judged: readonly Verdict[]): readonly DeviceObservation[] => judged.flatMap(({ device, no }) => (no ? [] : [device]));

/** Reasons are counted when somebody asks for them: a wish that is served needs none. */
const toSurvey = (ask: Ask, judged: readonly Verdict[], order: readonly DeviceObservation[]): Survey => {
  const own = freeOf(judged);
  const mine = new Set(own);
  return {
    ask,
    matched: judged.length,
    free: own.length === order.length ? order : order.filter((device) => mine.has(device)),
    get ruledOut() {
      return tally(judged);
    },
  };
};

/** One device and what keeps it from the VM, if anything does. */
interface Verdict {
  readonly device: DeviceObservation;
  readonly no: ReturnType<typeof unavailability>;
}

const tally = (judged: readonly Verdict[]): readonly Reason[] => {
  const reasons = new Map<UnavailableCode, { code: UnavailableCode; count: number; example: string }>();
  for (const { device, no } of judged) {
    if (!no) continue;
    const reason = reasons.get(no.code);
    if (reason) reason.count += 1;
    else reasons.set(no.code, { code: no.code, count: 1, example: `${device.address}: ${no.message}` });
  }
  return [...reasons.values()];
};

/** The requests to blame, and why: those that are short by themselves, else those that stand in each other's way. */
export const explainUnmet = (surveys: readonly Survey[], excludes: Excludes): readonly Unmet[] => {
  const short = surveys.filter(({ ask, free }) => free.length < ask.count);
  if (short.length > 0) return short.map((one) => toUnmet(one, lacking(one)));

  const wanters = new Map<string, number>();
  for (const { free } of surveys) for (const { deviceId } of free) wanters.set(deviceId, (wanters.get(deviceId) ?? 0) + 1);
  const judged = surveys.map((one) => ({ one, why: rivalry(one, wanters, excludes) }));
  const rivals = judged.filter(({ why }) => why.length > 0);
  return (rivals.length > 0 ? rivals : judged).map(({ one, why }) => toUnmet(one, why));
};

/** So many more would have to match at all. */
const lacking = ({ ask, matched }: Survey): readonly Reason[] => (matched < ask.count ? [{ code: 'NO_MATCH', count: ask.count - matched }] : []);

const toUnmet = ({ ask, matched, free, ruledOut }: Survey, more: readonly Reason[]): Unmet => ({
  requestName: ask.requestName,
  asked: ask.count,
  matched,
  free: free.length,
  reasons: [...ruledOut, ...more],
});

/** What else of the same wish wants a request's devices, or excludes them. */
const rivalry = ({ free }: Survey, wanters: ReadonlyMap<string, number>, excludes: Excludes): readonly Reason[] => {
  const reason = (code: Reason['code'], devices: readonly DeviceObservation[]): readonly Reason[] =>
    devices[0] ? [{ code, count: devices.length, example: `${devices[0].address}: wanted by this VM as well` }] : [];
  const excluded = free.filter((device) => excludes(device).some(({ deviceId }) => wanters.has(deviceId)));
  return [
    ...reason(
      'TAKEN_BY_OTHER_REQUEST',
      free.filter(({ deviceId }) => (wanters.get(deviceId) ?? 0) > 1),
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
