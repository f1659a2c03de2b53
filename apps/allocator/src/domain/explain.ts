import type { ConsideredDevice, Explanation, ExplainedRequest } from '@vfleet/contracts';
import {
  considerHost,
  inAddressOrder,
  nearest,
  unmetOf,
  type Choice,
  type ChosenDevice,
  type DeviceObservation,
  type Survey,
  type Way,
  type Wish,
} from '@vfleet/pci';
import type { Fleet } from './decision.js';
import { attributesOn, circumstances, topology, type Host } from './host.js';
import { sayNearestMiss, sayWhatDiffers } from './nearest-miss.js';
import { obstacleOfUnmet } from './obstacle.js';
import { toReserved } from './reservation.js';
import { chooseWithinQuota } from './reserve.js';

/** Devices that one explanation lists, over all of its requests. */
const MAX_DEVICES = 1_000;

/** Why a host can serve a wish or cannot: each device as each request sees it. Nothing is given. */
export const explain = (fleet: Fleet, host: Host, wish: Wish): Explanation => {
  const { rules } = fleet.catalog();
  const decided = chooseWithinQuota(fleet, host, wish);
  const { choice, surveys } = considerHost(circumstances(host, rules), wish);
  const chosen = 'chosen' in decided ? decided.chosen : [];
  const share = Math.max(1, Math.floor(MAX_DEVICES / surveys.length));
  const requests = surveys.map((survey) => explainRequest(survey, { host, rules, choice, chosen, share }));
  const answer = { hostId: host.hostId, requests, devices: chosen.map(toReserved) };
  if ('chosen' in decided) return { ...answer, fits: true };
  const blamed = requests.find(({ nearestMiss }) => nearestMiss !== null);
  const { code, message } = decided.refused;
  return 'unmet' in choice
    ? { ...answer, fits: false, code: obstacleOfUnmet(choice.unmet), message: `${blamed?.requestName}: ${blamed?.nearestMiss}` }
    : { ...answer, fits: false, code, message };
};

interface Circle {
  readonly host: Host;
  readonly rules: ReturnType<Fleet['catalog']>['rules'];
  readonly choice: Choice;
  readonly chosen: readonly ChosenDevice[];
  /** Devices that the request may list. */
  readonly share: number;
}

const explainRequest = (survey: Survey, { host, rules, choice, chosen, share }: Circle): ExplainedRequest => {
  const { requestName } = survey.ask;
  const own = chosen.filter((one) => one.requestName === requestName && !one.affected);
  const way = survey.ways.find(({ alternative }) => alternative === own[0]?.alternative) ?? nearest(survey);
  const told = 'unmet' in choice ? choice.unmet.find((one) => one.requestName === requestName) : undefined;
  const given = new Set(own.map(({ device }) => device.deviceId));
  const devices = [...matching(way, host, given), ...others(way, host, rules)];
  return {
    requestName,
    asked: way.needed,
    matched: way.verdicts().length,
    free: way.free().length,
    served: !told,
    devices: devices.slice(0, share),
    omitted: Math.max(0, devices.length - share),
    reasons: [...(told ?? unmetOf(circumstances(host, rules), survey)).reasons],
    nearestMiss: told ? sayNearestMiss(way, told) : null,
  };
};

const matching = ({ verdicts }: Way, host: Host, given: ReadonlySet<string>): readonly ConsideredDevice[] =>
  inAddressOrder(verdicts(), topology(host)).map(({ device, no }) => ({
    ...named(device),
    available: !no,
    ...(given.has(device.deviceId) && { chosen: true }),
    ...no,
  }));

const others = ({ alternative, verdicts }: Way, host: Host, rules: Circle['rules']): readonly ConsideredDevice[] => {
  const matched = new Set(verdicts().map(({ device }) => device));
  const attributesOf = attributesOn(host, rules);
  const rest = [...host.devices.values()].flatMap((device) => (matched.has(device) ? [] : [{ device }]));
  return inAddressOrder(rest, topology(host)).map(({ device }) => ({
    ...named(device),
    available: false,
    code: 'NO_MATCH',
    message: sayWhatDiffers(alternative, attributesOf(device)),
  }));
};

const named = ({ deviceId, address, name }: DeviceObservation): Pick<ConsideredDevice, 'deviceId' | 'address' | 'name'> => ({
  deviceId,
  address,
  ...(name !== undefined && { name }),
});
