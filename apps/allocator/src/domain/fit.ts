import type { Alternative, ReasonCode, Wish } from '@vfleet/pci';
import { obstacleOf, type Found } from './lots.js';

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
    const found = alternatives.map(find);
    const way = found.findIndex((one) => one.serves);
    const best = found[way];
    if (!best) {
      const near = nearest(found);
      obstacle ??= obstacleOf(near);
      short += Math.max(1, near.needed * times - near.free);
      matched += near.matched;
      continue;
    }
    const needed = best.needed * times;
    if (found.length === 1 && best.free < needed) short += needed - best.free;
    preference += way * times;
    far += Math.max(0, needed - best.near);
    along += Math.max(0, needed - best.alone);
    left += Math.max(0, best.free - needed);
    matched += best.matched;
  }
  if (short > 0) return { harm: MISSES + capped(short) * SCALE + (SCALE - 1 - capped(matched)), obstacle: obstacle ?? 'TAKEN_BY_OTHER_REQUEST' };
  const room = strategy === 'spread' ? SCALE - 1 - capped(left) : capped(left);
  return { harm: ((capped(preference) * SCALE + capped(far)) * SCALE + capped(along)) * SCALE + room };
};

/** The way that lacks least; the first of equals. */
const nearest = (found: readonly Found[]): Found => found.reduce((best, one) => (one.needed - one.free < best.needed - best.free ? one : best));

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
