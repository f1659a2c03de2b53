import { attributeValue, type Alternative, type Attributes, type Condition, type Unmet, type Way } from '@vfleet/pci';

/** Devices that a sentence names. */
const MAX_NAMED = 3;

/** In one sentence what is missing of a request that a host cannot serve. */
export const sayNearestMiss = (way: Way, { reasons }: Pick<Unmet, 'reasons'>): string => {
  const { alternative, needed } = way;
  const verdicts = way.verdicts();
  const free = way.free();
  const no = verdicts.filter((verdict) => verdict.no);
  if (verdicts.length === 0) return 'no device of this host matches';
  if (no.length === verdicts.length && no.every((verdict) => verdict.no?.code === 'HOST_STALE'))
    return `${no.length === 1 ? 'the only one that matches is' : `all ${no.length} that match are`} of a host that is silent`;
  const there = alternative.count !== 'all' && verdicts.length < needed ? `only ${verdicts.length} of ${needed} match` : undefined;
  if (free.length < needed) return [there, `${free.length} of ${needed} free`, sayRefused(way)].filter((part) => part !== undefined).join('; ');
  const together = reasons.find(({ code }) => code === 'NOT_TOGETHER');
  if (together) return `needs ${needed} that share ${alternative.together.join(', ')}: ${together.example}`;
  const apart = reasons.find(({ code }) => code === 'NOT_APART');
  if (apart) return `needs ${needed} that differ in ${alternative.apart.join(', ')}: ${apart.example}`;
  const last = reasons.at(-1);
  if (last?.code === 'SEARCH_LIMIT') return `${free.length} are free, but ${last.example}`;
  return `${free.length} are free, but they exclude each other or are wanted by other requests of this VM as well`;
};

/** What keeps the others from the VM, device by device as long as the sentence stays short. */
const sayRefused = ({ verdicts }: Way): string | undefined => {
  const refused = verdicts().flatMap(({ device, no }) => (no ? [`${device.address}: ${no.message}`] : []));
  if (refused.length === 0) return undefined;
  const rest = refused.length - MAX_NAMED;
  return [...refused.slice(0, MAX_NAMED), ...(rest > 0 ? [`and ${rest} more`] : [])].join(', ');
};

/** In what a device is not what a request asks for. */
export const sayWhatDiffers = ({ conditions }: Alternative, attributes: Attributes): string =>
  conditions
    .filter(({ test }) => !test(attributes))
    .map((condition) => sayCondition(condition, attributes))
    .join(', ');

const sayCondition = ({ reads, text }: Condition, attributes: Attributes): string => {
  const told = reads.flatMap((name) => {
    const value = attributeValue(attributes, name);
    return value === undefined ? [`has no ${name}`] : typeof value === 'object' ? [] : [`${name} is ${value as string}`];
  });
  return told.length > 0 ? `not ${text} (${told.join(', ')})` : `not ${text}`;
};
