import type { Alternative, Wish } from './ask.js';
import { isInUse, type UnavailableCode } from './availability.js';
import type { DeviceObservation } from './device.js';
import type { Circumstances } from './eligibility.js';
import type { Attributes } from './match.js';
import type { Option } from './matching-problem.js';
import { numaLevels } from './numa.js';

export type ReasonCode =
  | UnavailableCode
  | 'QUOTA_EXCEEDED'
  | 'NO_MATCH'
  | 'NUMA_MISMATCH'
  | 'ATTRIBUTE_MISSING'
  | 'NOT_TOGETHER'
  | 'NOT_APART'
  | 'TAKEN_BY_OTHER_REQUEST'
  | 'SEARCH_LIMIT';

export interface Reason {
  readonly code: ReasonCode;
  readonly count: number;
  readonly example?: string;
}

/** One device that a request accepts, and what keeps it from the VM, if anything does. */
export interface Verdict {
  readonly device: DeviceObservation;
  readonly no: { readonly code: ReasonCode; readonly message: string } | undefined;
}

/** What a request finds on a host by one of its alternatives. */
export interface Way {
  readonly alternative: Alternative;
  readonly verdicts: readonly Verdict[];
  /** Least harm first. */
  readonly free: readonly DeviceObservation[];
  /** Which devices together would serve it, the best first; none where it cannot be served at all. */
  readonly options: readonly Option<DeviceObservation>[];
}

/** How many devices an alternative needs on this host. */
export const neededBy = ({ alternative: { count }, verdicts }: Pick<Way, 'alternative' | 'verdicts'>): number =>
  count === 'all' ? Math.max(1, verdicts.filter(({ no }) => !no || isInUse(no.code) || no.code === 'ATTRIBUTE_MISSING').length) : count;

export const attributeValue = (attributes: Attributes, name: string): unknown => {
  const value = name.startsWith('tags.') ? tagOf(attributes, name.slice('tags.'.length)) : attributes[name];
  return value === null ? undefined : value;
};

const tagOf = ({ tags }: Attributes, key: string): unknown => (tags && Object.hasOwn(tags, key) ? tags[key] : undefined);

/** What keeps a device that may be given away from this request: it is too far away, or lacks what it has to share or to differ in. */
export const misfit = (
  { numaPolicy, together, apart }: Alternative,
  { numaNodes }: Pick<Wish, 'numaNodes'>,
  { sockets }: Pick<Circumstances, 'sockets'>,
) => {
  const loosest = numaLevels(numaPolicy, numaNodes, sockets).at(-1);
  return (device: Pick<DeviceObservation, 'numaNode'>, attributes: () => Attributes): Verdict['no'] => {
    if (loosest && !loosest(device)) {
      const where = device.numaNode === null ? 'on an unknown NUMA node' : `on NUMA node ${device.numaNode}`;
      return { code: 'NUMA_MISMATCH', message: `${where}, wanted near ${numaNodes?.join(', ')} (${numaPolicy})` };
    }
    const lacking = [...together, ...apart].find((name) => attributeValue(attributes(), name) === undefined);
    return lacking === undefined ? undefined : { code: 'ATTRIBUTE_MISSING', message: `has no ${lacking}` };
  };
};

type AttributesOf = (device: DeviceObservation) => Attributes;

/** Everything that would serve an alternative: level by level of nearness, and value by value of what is to be shared. */
export const optionsOf = (
  { alternative, verdicts, free }: Omit<Way, 'options'>,
  { numaNodes }: Wish,
  { sockets }: Circumstances,
  attributesOf: AttributesOf,
): readonly Option<DeviceObservation>[] => {
  const { count, numaPolicy, together, apart } = alternative;
  const differing = apart.map((name) => (device: DeviceObservation) => attributeValue(attributesOf(device), name));
  const needed = neededBy({ alternative, verdicts });
  const option = (candidates: readonly DeviceObservation[]): Option<DeviceObservation> => ({
    count: needed,
    candidates,
    ...(differing.length > 0 && { apart: differing }),
  });
  if (count === 'all' && free.length < needed) return [];
  const levels = count === 'all' ? [() => true] : numaLevels(numaPolicy, numaNodes, sockets);
  const sets = levels.map((near) => (levels.length === 1 ? free : free.filter(near)));
  return sets
    .filter((set, index) => set.length >= needed && set.length !== sets[index - 1]?.length)
    .flatMap((set) => (together.length > 0 && needed > 1 ? shared(set, together, attributesOf, needed) : [set]))
    .filter((set) => differing.every((value) => new Set(set.map(value)).size >= needed))
    .map(option);
};

/** Devices by what they have to share, those with the least harmful one first. */
const shared = (
  devices: readonly DeviceObservation[],
  names: readonly string[],
  attributesOf: AttributesOf,
  atLeast: number,
): readonly (readonly DeviceObservation[])[] => {
  const sets = new Map<string, DeviceObservation[]>();
  for (const device of devices) {
    const key = JSON.stringify(names.map((name) => attributeValue(attributesOf(device), name)));
    const set = sets.get(key);
    if (set) set.push(device);
    else sets.set(key, [device]);
  }
  return [...sets.values()].filter((set) => set.length >= atLeast);
};

/** Why devices that are free do not serve an alternative by themselves. */
export const misfitReasons = (way: Way, attributesOf: AttributesOf): readonly Reason[] => {
  const { alternative, verdicts, free, options } = way;
  const needed = neededBy(way);
  if (verdicts.length < needed || (alternative.count === 'all' && verdicts.length === 0))
    return [{ code: 'NO_MATCH', count: needed - verdicts.length }];
  if (options.length > 0 || free.length < needed) return [];
  const most = Math.max(0, ...shared(free, alternative.together, attributesOf, 1).map((set) => set.length));
  if (alternative.together.length > 0 && most < needed)
    return [{ code: 'NOT_TOGETHER', count: needed - most, example: `at most ${most} share ${alternative.together.join(', ')}` }];
  const [name, values] = alternative.apart
    .map((one) => [one, new Set(free.map((device) => attributeValue(attributesOf(device), one))).size] as const)
    .reduce((a, b) => (b[1] < a[1] ? b : a), ['', Number.POSITIVE_INFINITY] as const);
  return [{ code: 'NOT_APART', count: needed - values, example: `${values} different ${name}` }];
};
