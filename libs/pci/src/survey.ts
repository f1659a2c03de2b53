import { accepting } from './accepting.js';
import type { Alternative, Ask, Wish } from './ask.js';
import { addBit, addBits, bitsOf, countBits, eachBit, everyBit, membersOf, noBits, type Bits } from './bits.js';
import type { Companionship } from './companions.js';
import type { DeviceObservation } from './device.js';
import { keptByHost, type Circumstances, type Keeping } from './eligibility.js';
import { judging } from './judging.js';
import type { Attributes } from './match.js';
import { once, loosestOf } from './matching-problem.js';
import type { Row } from './flow.js';
import { numaLevels } from './numa.js';
import { leastHarmFirst } from './ranking.js';
import { remembered } from './remembered.js';
import { sharedValues } from './value-classes.js';
import { optionsOf, type AlternativeOption, type Ground, type Way } from './ways.js';

/** What one request finds on a host, by each of its alternatives. */
export interface Survey {
  readonly ask: Ask;
  readonly ways: readonly Way[];
  /** The options of all ways, one after the other; the same list for requests that ask for the same. */
  readonly options: readonly AlternativeOption[];
  /** What it needs at least, and may take at most, by whatever option. */
  readonly loosest: Row;
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
export const attributesOn = (host: Circumstances): ((device: DeviceObservation) => Attributes) =>
  remembered((device: DeviceObservation): Attributes => {
    const attributes = host.topology.attributesOf(device);
    const model = host.modelOf(device);
    return model ? { ...attributes, model: model.model, deviceType: model.deviceType } : attributes;
  });

/**
 * Looks at the devices that each request accepts; requests that ask for the same share what is found. Sets of devices are
 * bits, and lists of them are made only for what is chosen or explained: a wish may have a thousand alternatives.
 */
export const surveyHost = (host: Circumstances, wish: Wish, kept: Keeping, along: Companionship): Surveyed => {
  const attributesOf = attributesOn(host);
  const look = looking(host, wish, kept, attributesOf);
  const looked = new Map(wish.asks.map(({ key, alternatives }) => [key, alternatives]));
  const found = new Map(Array.from(looked, ([key, alternatives]) => [key, alternatives.map(look)]));
  const free = noBits(host.topology.devices.size);
  for (const ways of found.values()) for (const way of ways) addBits(free, way.free);
  const devices = host.topology.inOrder();
  const order = leastHarmFirst(
    membersOf(free).map((place) => devices[place] as DeviceObservation),
    host,
    wish,
    along,
  );
  const toSurvey = surveying(order, host, wish, attributesOf);
  const known = remembered((key: string) => toSurvey(found.get(key) as readonly Looked[]));
  return { surveys: wish.asks.map((ask) => ({ ask, ...known(ask.key) })), order };
};

/** What an alternative accepts, and what of that is free; by places in the order of addresses. */
interface Looked extends Pick<Way, 'alternative' | 'needed' | 'verdicts'> {
  readonly free: Bits;
}

const looking = (
  host: Circumstances,
  wish: Wish,
  kept: Keeping,
  attributesOf: (device: DeviceObservation) => Attributes,
): ((alternative: Alternative) => Looked) => {
  const acceptedBy = accepting(host.topology, attributesOf);
  const judgeOf = judging(host, wish, kept, attributesOf);
  const devices = host.topology.inOrder();
  return (alternative) => {
    const accepted = acceptedBy(alternative);
    const { verdictOf, free, meant } = judgeOf(alternative);
    const needed = alternative.count === 'all' ? Math.max(1, countBits(meant(accepted))) : alternative.count;
    const verdicts = once(() => membersOf(accepted).map((place) => verdictOf(devices[place] as DeviceObservation)));
    return { alternative, needed, verdicts, free: free(accepted) };
  };
};

/** From places in the order of addresses to places in the order of least harm. */
const surveying = (
  order: readonly DeviceObservation[],
  host: Circumstances,
  wish: Wish,
  attributesOf: (device: DeviceObservation) => Attributes,
): ((looked: readonly Looked[]) => Omit<Survey, 'ask'>) => {
  const ground: Ground = { levels: levelsOf(order, host, wish), values: sharedValues(order, attributesOf) };
  const places = new Int32Array(host.topology.devices.size);
  for (const [place, device] of order.entries()) places[host.topology.placeOf(device)] = place;
  return (looked) => {
    const options: AlternativeOption[] = [];
    const ways = looked.map(({ free, ...way }): Way => {
      const own = noBits(order.length);
      eachBit(free, (place) => addBit(own, places[place] as number));
      const made = optionsOf({ ...way, places: own }, ground, options.length);
      options.push(...made.options);
      return { ...way, ...made, places: own, free: once(() => membersOf(own).map((place) => order[place] as DeviceObservation)) };
    });
    return {
      ways,
      options,
      loosest: loosestOf(
        options,
        ways.map(({ usable }) => usable),
        order.length,
      ),
    };
  };
};

/** Alternatives of one NUMA policy share its levels. */
const levelsOf = (order: readonly DeviceObservation[], { sockets }: Circumstances, { numaNodes }: Wish): Ground['levels'] => {
  const anywhere = [everyBit(order.length)];
  const places = [...order.keys()];
  const known = new Map<string, readonly Bits[]>();
  return ({ count, numaPolicy }) => {
    if (count === 'all' || (numaNodes ?? []).length === 0) return anywhere;
    const levels =
      known.get(numaPolicy) ??
      numaLevels(numaPolicy, numaNodes, sockets).map((near) =>
        bitsOf(
          order.length,
          places.filter((place) => near(order[place] as DeviceObservation)),
        ),
      );
    known.set(numaPolicy, levels);
    return levels;
  };
};

/** Whether a request cannot be served on this host, whatever else is asked for. */
export const isShort = ({ options }: Survey): boolean => options.length === 0;
