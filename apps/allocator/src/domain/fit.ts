import type { Alternative, ReasonCode, Wish } from '@vfleet/pci';
import type { Found } from './lots.js';

/** A wish whose equal requests are taken together. */
export interface CountedWish extends Pick<Wish, 'numaNodes' | 'strategy'> {
  readonly kinds: readonly { readonly alternatives: readonly Alternative[]; readonly times: number }[];
}

/**
 * What a host is worth to a wish, by its counts alone. `harm` orders hosts, the least first: it is what serving there
 * would cost the fleet, or, above MISSES, how much is missing.
 */
export interface Fit {
  readonly harm: number;
  /** The code that stands most in the way, where the wish cannot be served. */
  readonly obstacle?: ReasonCode;
}

/** Harm from which on a host cannot serve. */
export const MISSES = 2 ** 50;

/** Numbers are kept apart in one, so that hosts are compared by one comparison: each is below this. */
const SCALE = 2 ** 12;

const capped = (figure: number): number => Math.min(figure, SCALE - 1);

export const toCounted = ({ asks, numaNodes, strategy }: Wish): CountedWish => {
  const kinds = new Map<string, { alternatives: readonly Alternative[]; times: number }>();
  for (const { key, alternatives } of asks) {
    const kind = kinds.get(key);
    if (kind) kind.times += 1;
    else kinds.set(key, { alternatives, times: 1 });
  }
  return { kinds: [...kinds.values()], ...(numaNodes && { numaNodes }), ...(strategy && { strategy }) };
};

/** Counts rule a host out, or say what it is worth; a host that they let pass may still have no way to serve. */
export const fitByCounts = ({ kinds, strategy }: CountedWish, find: (alternative: Alternative) => Found): Fit => {
  let [preference, far, along, left] = [0, 0, 0, 0];
  let [short, matched] = [0, 0];
  let obstacle: ReasonCode | undefined;
  for (const { alternatives, times } of kinds) {
    const { way, found } = firstServed(alternatives, find);
    const needed = found.needed * times;
    matched += found.matched;
    if (!found.serves) {
      obstacle ??= found.obstacle();
      short += Math.max(1, needed - found.free);
    } else if (alternatives.length === 1 && found.free < needed) short += needed - found.free;
    preference += way * times;
    far += Math.max(0, needed - found.near);
    along += Math.max(0, needed - found.alone);
    left += Math.max(0, found.free - needed);
  }
  if (short > 0) return { harm: MISSES + capped(short) * SCALE + (SCALE - 1 - capped(matched)), obstacle: obstacle ?? 'TAKEN_BY_OTHER_REQUEST' };
  const room = strategy === 'spread' ? SCALE - 1 - capped(left) : capped(left);
  return { harm: ((capped(preference) * SCALE + capped(far)) * SCALE + capped(along)) * SCALE + room };
};

/** The first alternative that is served; where none is, the one that lacks least, the first of equals. */
const firstServed = (
  alternatives: readonly Alternative[],
  find: (alternative: Alternative) => Found,
): { readonly way: number; readonly found: Found } => {
  let nearest: { readonly way: number; readonly found: Found } | undefined;
  for (const [way, alternative] of alternatives.entries()) {
    const found = find(alternative);
    if (found.serves) return { way, found };
    if (!nearest || found.needed - found.free < nearest.found.needed - nearest.found.free) nearest = { way, found };
  }
  return nearest as { readonly way: number; readonly found: Found };
};

/** Digits of a score: more would say nothing to anybody. */
const DIGITS = 6;

/**
 * Harm as a figure from 0 to 1, the higher the better: half of what is left is given for each thing that weighs more than
 * the next. What serves by a second choice has at most 1/2, whatever else is good about it.
 */
export const scoreOf = (harm: number, strategy: Wish['strategy'] = 'pack'): number => {
  const room = harm % SCALE;
  let score = strategy === 'spread' ? 1 - 1 / (SCALE - room + 1) : 1 / (1 + room);
  for (let rest = Math.floor(harm / SCALE), figure = 0; figure < 3; figure += 1, rest = Math.floor(rest / SCALE)) {
    const worse = 1 / ((rest % SCALE) + 2);
    score = worse + score * (1 / ((rest % SCALE) + 1) - worse);
  }
  return Number(score.toFixed(DIGITS));
};
