import type { Alternative, Wish } from './ask.js';
import type { DeviceObservation } from './device.js';
import type { Circumstances } from './eligibility.js';
import type { Attributes } from './match.js';
import { numaLevels } from './numa.js';
import type { Verdict } from './ways.js';

export const attributeValue = (attributes: Attributes, name: string): unknown => {
  const value = name.startsWith('tags.') ? tagOf(attributes, name.slice('tags.'.length)) : attributes[name];
  return value === null ? undefined : value;
};

const tagOf = ({ tags }: Attributes, key: string): unknown => (tags && Object.hasOwn(tags, key) ? tags[key] : undefined);

/** Whether where a device sits, or what it lacks, can keep it from a request at all. */
export const isChoosy = ({ numaPolicy, together, apart }: Alternative, { numaNodes = [] }: Pick<Wish, 'numaNodes'>): boolean =>
  (numaPolicy !== 'preferred' && numaNodes.length > 0) || together.length > 0 || apart.length > 0;

/** What keeps a device that may be given away from this request: it is too far away, or lacks what it has to share or to differ in. */
export const misfit = (
  { numaPolicy, together, apart }: Alternative,
  { numaNodes }: Pick<Wish, 'numaNodes'>,
  { sockets }: Pick<Circumstances, 'sockets'>,
) => {
  const loosest = numaLevels(numaPolicy, numaNodes, sockets).at(-1);
  const names = [...together, ...apart];
  return (device: Pick<DeviceObservation, 'numaNode'>, attributes: () => Attributes): Verdict['no'] => {
    if (loosest && !loosest(device)) {
      const where = device.numaNode === null ? 'on an unknown NUMA node' : `on NUMA node ${device.numaNode}`;
      return { code: 'NUMA_MISMATCH', message: `${where}, wanted near ${numaNodes?.join(', ')} (${numaPolicy})` };
    }
    const lacking = names.find((name) => attributeValue(attributes(), name) === undefined);
    return lacking === undefined ? undefined : { code: 'ATTRIBUTE_MISSING', message: `has no ${lacking}` };
  };
};
