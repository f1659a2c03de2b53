import { attributeValue, isInUse, misfit, type Alternative, type Attributes, type Circumstances, type ReasonCode, type Wish } from '@vfleet/pci';

/** Devices of one host that a request cannot tell apart, counted. */
export interface Lot {
  readonly attributes: Attributes;
  /** Free to a VM that holds nothing. */
  readonly free: number;
  /** Of the free ones those that bring nothing else of their IOMMU group along. */
  readonly alone: number;
  /** Why the others are not free. */
  readonly refused: readonly Refused[];
}

export interface Refused {
  readonly code: ReasonCode;
  readonly count: number;
}

/** What one way to serve a request finds on a host, in numbers. */
export interface Found {
  readonly needed: number;
  readonly matched: number;
  readonly free: number;
  /** Of the free ones those on the VM's NUMA nodes; all where it names none. */
  readonly near: number;
  readonly alone: number;
  /** It can be served, as far as this request alone goes. */
  readonly serves: boolean;
  /** The one code that stands most in the way, where it cannot. */
  readonly obstacle: () => ReasonCode;
}

type Around = Pick<Circumstances, 'sockets'>;

/** Counts what an alternative finds in the lots that it accepts. */
export const count = (alternative: Alternative, accepted: readonly Lot[], wish: Pick<Wish, 'numaNodes'>, around: Around): Found => {
  const { numaNodes = [] } = wish;
  const lots = isPlain(alternative, numaNodes) ? accepted : withMisfits(alternative, accepted, wish, around);
  let [matched, free, near, alone, wanted] = [0, 0, 0, 0, 0];
  for (const lot of lots) {
    free += lot.free;
    alone += lot.alone;
    if (numaNodes.length === 0 || numaNodes.includes(lot.attributes['numaNode'] as number)) near += lot.free;
    matched += lot.free;
    wanted += lot.free;
    for (const { code, count: number } of lot.refused) {
      matched += number;
      if (isInUse(code) || code === 'ATTRIBUTE_MISSING') wanted += number;
    }
  }
  const needed = alternative.count === 'all' ? Math.max(1, wanted) : alternative.count;
  const serves = free >= needed && (needed === 1 || fitsTogether(alternative, lots, needed));
  return { needed, matched, free, near, alone, serves, obstacle: () => obstacleOf(alternative, { needed, matched, free, lots }) };
};

/** Whether a request takes any devices that are free and accepted, wherever they are. */
export const isPlain = ({ together, apart }: Alternative, numaNodes: readonly number[] = []): boolean =>
  numaNodes.length === 0 && together.length === 0 && apart.length === 0;

/**
 * Free devices that are too far away, or lack what they have to share or to differ in, are not free for this request. Of
 * all devices those are meant that are near enough, so that nobody asks there what else is the matter with the others.
 */
const withMisfits = (alternative: Alternative, lots: readonly Lot[], wish: Pick<Wish, 'numaNodes'>, around: Around): readonly Lot[] => {
  const unfit = misfit(alternative, wish, around);
  return lots.map((lot) => {
    const no = unfit({ numaNode: (lot.attributes['numaNode'] ?? null) as number | null }, () => lot.attributes);
    if (!no) return lot;
    const { code } = no;
    if (alternative.count === 'all' && code === 'NUMA_MISMATCH')
      return { ...lot, free: 0, alone: 0, refused: [{ code, count: lot.refused.reduce((sum, { count: number }) => sum + number, lot.free) }] };
    return lot.free === 0 ? lot : { ...lot, free: 0, alone: 0, refused: [...lot.refused, { code, count: lot.free }] };
  });
};

const fitsTogether = ({ together, apart }: Alternative, lots: readonly Lot[], needed: number): boolean =>
  sharing(lots, together).some((set) => freeOf(set) >= needed && apart.every((name) => valuesOf(set, name) >= needed));

/** Lots by what they have to share. */
const sharing = (lots: readonly Lot[], names: readonly string[]): readonly (readonly Lot[])[] => {
  if (names.length === 0) return [lots];
  const sets = new Map<string, Lot[]>();
  for (const lot of lots) {
    const key = JSON.stringify(names.map((name) => attributeValue(lot.attributes, name)));
    const set = sets.get(key);
    if (set) set.push(lot);
    else sets.set(key, [lot]);
  }
  return [...sets.values()];
};

const freeOf = (lots: readonly Lot[]): number => lots.reduce((sum, { free }) => sum + free, 0);

const valuesOf = (lots: readonly Lot[], name: string): number =>
  new Set(lots.flatMap(({ attributes, free }) => (free > 0 ? [attributeValue(attributes, name)] : []))).size;

const obstacleOf = (
  { together }: Alternative,
  { needed, matched, free, lots }: Pick<Found, 'needed' | 'matched' | 'free'> & { readonly lots: readonly Lot[] },
): ReasonCode => {
  if (matched < needed) return 'NO_MATCH';
  if (free < needed) return mostFrequent(lots.flatMap(({ refused }) => refused)) ?? 'NO_MATCH';
  return Math.max(...sharing(lots, together).map(freeOf)) < needed ? 'NOT_TOGETHER' : 'NOT_APART';
};

/** Of equals the first in the order of the alphabet. */
export const mostFrequent = (reasons: readonly Refused[]): ReasonCode | undefined => {
  const counts = new Map<ReasonCode, number>();
  for (const { code, count: number } of reasons) counts.set(code, (counts.get(code) ?? 0) + number);
  return [...counts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))[0]?.[0];
};
