import type { Attributes, DeviceObservation } from '@vfleet/pci';
import { isTags, type Located } from './shared-attributes.js';

/** Attributes that are told apart by everybody who asks for a device; others follow from them. */
const KEPT: ReadonlySet<string> = new Set(['kind', 'class', 'functionType', 'vendorId', 'productId', 'numaNode', 'deviceType']);
/** They come from an interface of the device or of its PF, and go together. */
const OF_INTERFACES: readonly string[] = ['pf', 'linkType', 'speedMbps'];
/** Keys of tags from which on nobody looks at them one by one. */
const MAX_TAG_KEYS = 64;

/** Whether an attribute, `tags.<key>` for one tag, is among those that are each device's own. */
export const isIndividual = (individual: ReadonlySet<string>, attribute: string): boolean => {
  if (!isTags(attribute)) return individual.has(attribute) || (OF_INTERFACES.includes(attribute) && OF_INTERFACES.some((one) => individual.has(one)));
  return attribute === 'tags' ? [...individual].some(isTags) : individual.has('tags') || individual.has(attribute);
};

/** A device without what is each device's own. */
export const withoutIndividual = ({ device, pf }: Located, individual: ReadonlySet<string>): Located => {
  const strip = (one: DeviceObservation): DeviceObservation => {
    const left: Record<string, unknown> = { ...one };
    for (const name of individual) delete left[name];
    if (OF_INTERFACES.some((name) => individual.has(name))) left['net'] = [];
    const tags = Object.entries(one.tags).filter(([key]) => !isIndividual(individual, `tags.${key}`));
    return { ...left, tags: Object.fromEntries(tags) } as unknown as DeviceObservation;
  };
  return { device: strip(device), pf: pf && strip(pf) };
};

/** The attribute in which some devices differ most, `tags` where they have very many different tags; undefined where they do not differ. */
export const mostVaried = (all: readonly Attributes[]): string | undefined => {
  const values = new Map<string, Set<unknown>>();
  const note = (name: string, value: unknown): void => {
    const known = values.get(name) ?? new Set();
    values.set(name, known.add(value));
  };
  for (const { tags = {}, ...attributes } of all) {
    for (const [name, value] of Object.entries(attributes)) if (!KEPT.has(name)) note(name, value);
    for (const [key, value] of Object.entries(tags)) note(`tags.${key}`, value);
  }
  if ([...values.keys()].filter(isTags).length > MAX_TAG_KEYS) return 'tags';
  const [most] = [...values].sort(([, a], [, b]) => b.size - a.size);
  return most && most[1].size > 1 ? most[0] : undefined;
};
