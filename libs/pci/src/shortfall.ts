import type { DeviceObservation } from './device.js';
import type { Attributes } from './match.js';
import { attributeValue } from './misfit.js';
import type { Reason, Way } from './ways.js';

type AttributesOf = (device: DeviceObservation) => Attributes;

/** Why devices that are free do not serve an alternative by themselves. */
export const misfitReasons = (way: Way, attributesOf: AttributesOf): readonly Reason[] => {
  const { needed, options } = way;
  const matched = way.verdicts().length;
  if (matched < needed) {
    const example = matched === 0 ? 'no device matches' : `${matched} of ${needed} match`;
    return [{ code: 'NO_MATCH', count: needed - matched, example }];
  }
  if (options.length > 0 || way.free().length < needed) return [];
  return [notTogether(way, attributesOf) ?? notApart(way, attributesOf)];
};

const notTogether = (way: Way, attributesOf: AttributesOf): Reason | undefined => {
  const { together } = way.alternative;
  const most = Math.max(0, ...alike(way, attributesOf).map((set) => set.length));
  return most >= way.needed ? undefined : { code: 'NOT_TOGETHER', count: way.needed - most, example: `at most ${most} share ${together.join(', ')}` };
};

const notApart = (way: Way, attributesOf: AttributesOf): Reason => {
  const { apart } = way.alternative;
  const different = (set: readonly DeviceObservation[]): number =>
    Math.min(set.length, ...apart.map((name) => new Set(set.map((device) => attributeValue(attributesOf(device), name))).size));
  const most = Math.max(0, ...alike(way, attributesOf).map(different));
  return { code: 'NOT_APART', count: way.needed - most, example: `at most ${most} differ in ${apart.join(', ')}` };
};

/** The free devices of a way by what they would have to have in common. */
const alike = ({ alternative: { together }, free }: Way, attributesOf: AttributesOf): readonly (readonly DeviceObservation[])[] => {
  const sets = new Map<string, DeviceObservation[]>();
  for (const device of free()) {
    const attributes = attributesOf(device);
    const key = JSON.stringify(together.map((name) => attributeValue(attributes, name)));
    sets.set(key, [...(sets.get(key) ?? []), device]);
  }
  return [...sets.values()];
};

/** Why a request that could be served by itself as far as numbers go cannot be, when nothing else of its wish is in the way. */
export const combinationReasons = ({ alternative: { together, apart, linked }, needed }: Way): readonly Reason[] => {
  const example = (verb: string, names: readonly string[]): string => `no choice of them ${verb} ${names.join(' and ')}`;
  return [
    ...(linked && together.length > 0 ? [{ code: 'NOT_TOGETHER' as const, count: needed, example: example('shares', together) }] : []),
    ...(apart.length > (linked ? 0 : 1) ? [{ code: 'NOT_APART' as const, count: needed, example: example('differs in', apart) }] : []),
  ];
};
