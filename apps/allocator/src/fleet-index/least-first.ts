/** Sizes of the portions in which the first are looked for; whoever wants more than that wants them all. */
const PORTIONS = [1, 16, 112];

/**
 * Places below a bound in the order of their harm, the least first, of equals the first place first. Lazy: the first
 * costs one look at each place, and only who wants many pays for sorting them.
 */
export function* leastFirst(size: number, harmOf: (place: number) => number, bound: number, wanted = 1): Iterable<number> {
  let after = -1;
  for (const portion of PORTIONS.filter((one) => one >= Math.min(wanted, PORTIONS.at(-1) as number))) {
    const found = leastOf(size, harmOf, bound, portion, after);
    yield* found;
    if (found.length < portion) return;
    after = found.at(-1) as number;
  }
  yield* allAfter(size, harmOf, bound, after);
}

const comesAfter = (place: number, harmOf: (place: number) => number, after: number): boolean => {
  if (after < 0) return true;
  const [harm, least] = [harmOf(place), harmOf(after)];
  return harm > least || (harm === least && place > after);
};

/** The first few after a place. */
const leastOf = (size: number, harmOf: (place: number) => number, bound: number, portion: number, after: number): readonly number[] => {
  const found: number[] = [];
  let worst = bound;
  for (let place = 0; place < size; place += 1) {
    const harm = harmOf(place);
    if (harm >= worst || !comesAfter(place, harmOf, after)) continue;
    let at = found.length;
    while (at > 0 && harmOf(found[at - 1] as number) > harm) at -= 1;
    found.splice(at, 0, place);
    if (found.length > portion) found.pop();
    if (found.length === portion) worst = harmOf(found[portion - 1] as number);
  }
  return found;
};

const allAfter = (size: number, harmOf: (place: number) => number, bound: number, after: number): readonly number[] => {
  const rest: number[] = [];
  for (let place = 0; place < size; place += 1) if (harmOf(place) < bound && comesAfter(place, harmOf, after)) rest.push(place);
  return rest.sort((a, b) => harmOf(a) - harmOf(b) || a - b);
};
