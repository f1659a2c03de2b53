import { accepting } from './accepting.js';
import type { Alternative, Ask, Wish } from './ask.js';
import { unavailability } from './availability.js';
import type { Companionship } from './companions.js';
import type { DeviceObservation } from './device.js';
import { keptByHost, type Circumstances, type Keeping } from './eligibility.js';
import type { Attributes } from './match.js';
import { leastHarmFirst } from './ranking.js';
import { remembered } from './remembered.js';
import { isChoosy, misfit } from './misfit.js';
import { sharedValues, type SharedValues } from './shared-values.js';
import { optionsOf, type Verdict, type Way } from './ways.js';

/** What one request finds on a host, by each of its alternatives. */
export interface Survey {
  readonly ask: Ask;
  readonly ways: readonly Way[];
}

/** Everything that some requests find on a host. */
export interface Surveyed {
  readonly surveys: readonly Survey[];
  /** Every device that is free for one of them, least harm first. */
  readonly order: readonly DeviceObservation[];
}

/** Why members of groups stay with the host, each judged once; a group of hundreds would cost its square otherwise. */
export const rememberedKeeping = (host: Circumstances, vmId: string): Keeping => {
  const known = new Map<string, string | undefined>();
  return (member) => {
    if (!known.has(member.deviceId)) known.set(member.deviceId, keptByHost(member, host, vmId));
    return known.get(member.deviceId);
  };
};

/** What matches and expressions may ask of the devices of a host: their attributes, and their registered model. */
export const attributesOn = (host: Circumstances): ((device: DeviceObservation) => Attributes) => {
  const modelled = remembered((device: DeviceObservation): Attributes => {
    const attributes = host.topology.attributesOf(device);
    const model = host.modelOf(device);
    return model ? { ...attributes, model: model.model, deviceType: model.deviceType } : attributes;
  });
  return modelled;
};

/** Looks at the devices that each request accepts; requests that ask for the same share what is found. */
export const surveyHost = (host: Circumstances, wish: Wish, kept: Keeping, along: Companionship): Surveyed => {
  const attributesOf = attributesOn(host);
  const judge = judging(host, wish, kept);
  const unfit = unfitness(host, wish, attributesOf);
  const acceptedBy = accepting(host.topology, attributesOf);
  const looked = new Map<string, readonly Looked[]>();
  const look = ({ key, alternatives }: Ask): readonly Looked[] => {
    const known = looked.get(key);
    if (known) return known;
    const made = alternatives.map((alternative) => lookFor(alternative, acceptedBy(alternative), unfit(alternative), judge(alternative)));
    looked.set(key, made);
    return made;
  };
  const seen = wish.asks.map(look);
  const free = new Set<DeviceObservation>();
  for (const ways of looked.values()) for (const { verdicts } of ways) for (const { device, no } of verdicts) if (!no) free.add(device);
  const order = leastHarmFirst(free, host, wish, along);
  const places = new Map(order.map((device, place) => [device, place]));
  const values = sharedValues(attributesOf);
  const toWays = remembered((ways: readonly Looked[]) => ways.map((way) => toWay(way, { order, places }, host, wish, values)));
  return { surveys: wish.asks.map((ask, index) => ({ ask, ways: toWays(seen[index] as readonly Looked[]) })), order };
};

type Looked = Pick<Way, 'alternative' | 'verdicts'>;
type Judge = (device: DeviceObservation) => Verdict;

type Unfit = (device: DeviceObservation) => Verdict['no'];

const lookFor = (alternative: Alternative, accepted: readonly DeviceObservation[], unfit: Unfit | undefined, judge: Judge): Looked => {
  if (!unfit) return { alternative, verdicts: accepted.map(judge) };
  const verdicts = accepted.map((device) => {
    const verdict = judge(device);
    const tooFar = alternative.count === 'all' ? unfit(device) : undefined;
    const no = tooFar?.code === 'NUMA_MISMATCH' ? tooFar : (verdict.no ?? unfit(device));
    return no === verdict.no ? verdict : { device, no };
  });
  return { alternative, verdicts };
};

/** Alternatives that want the same nearness and the same attributes share what rules devices out for it. */
const unfitness = (
  host: Circumstances,
  wish: Wish,
  attributesOf: (device: DeviceObservation) => Attributes,
): ((alternative: Alternative) => Unfit | undefined) => {
  const known = new Map<string, Unfit>();
  return (alternative) => {
    if (!isChoosy(alternative, wish)) return undefined;
    const { numaPolicy, together, apart } = alternative;
    const key = JSON.stringify([numaPolicy, together, apart]);
    const judged = misfit(alternative, wish, host);
    const unfit = known.get(key) ?? remembered((device: DeviceObservation) => judged(device, () => attributesOf(device)));
    known.set(key, unfit);
    return unfit;
  };
};

/** Ways of asking that lift the same rules share their verdicts. */
const judging = (host: Circumstances, { vmId, tenant, objection }: Wish, kept: Keeping): ((alternative: Alternative) => Judge) => {
  const judges = new Map<string, Judge>();
  return ({ forPf, byAddress }) => {
    const key = `${forPf} ${byAddress}`;
    const asking = { vmId, forPf, byAddress, ...(tenant !== undefined && { tenant }) };
    const objected = (device: DeviceObservation): Verdict['no'] => {
      const message = objection?.(device);
      return message === undefined ? undefined : { code: 'QUOTA_EXCEEDED', message };
    };
    const judge =
      judges.get(key) ?? remembered((device: DeviceObservation) => ({ device, no: unavailability(device, host, asking, kept) ?? objected(device) }));
    judges.set(key, judge);
    return judge;
  };
};

interface Order {
  readonly order: readonly DeviceObservation[];
  readonly places: ReadonlyMap<DeviceObservation, number>;
}

const toWay = ({ alternative, verdicts }: Looked, { order, places }: Order, host: Circumstances, wish: Wish, values: SharedValues): Way => {
  const marks = new Uint8Array(order.length);
  for (const { device, no } of verdicts) if (!no) marks[places.get(device) as number] = 1;
  const free: DeviceObservation[] = [];
  for (let place = 0; place < marks.length; place += 1) if (marks[place] === 1) free.push(order[place] as DeviceObservation);
  const found = { alternative, verdicts, free, marks };
  return { ...found, ...optionsOf(found, wish, host, values) };
};

/** Whether a request cannot be served on this host, whatever else is asked for. */
export const isShort = ({ ways }: Survey): boolean => ways.every(({ options }) => options.length === 0);
