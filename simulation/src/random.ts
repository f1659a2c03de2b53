/** Chance that is the same for the same seed. */
export interface Random {
  /** 0 up to and without 1. */
  next(): number;
  /** 0 up to and without the bound. */
  below(bound: number): number;
  /** True in so many cases of one. */
  chance(share: number): boolean;
  pick<T>(some: readonly T[]): T;
}

/** Mulberry32, a public-domain generator of 32 bits of state: enough for a history, and fast. */
export const randomOf = (seed: number): Random => {
  let state = Math.imul(seed, 0x9e3779b1) >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
  const below = (bound: number): number => Math.floor(next() * bound);
  return { next, below, chance: (share) => next() < share, pick: (some) => some[below(some.length)] as never };
};
