/** Sizes of the portions in which the first are looked for; whoever wants more than that wants them all. */
const PORTIONS = [1, 16, 112];

/** Numbers in an order, and what each of them weighs. */
export interface Weighed {
  readonly order: ArrayLike<number>;
  readonly weights: ArrayLike<number>;
}

/**
 * Those numbers whose weight is at least `from` and below `to`, the lightest first, of equals the first in the order.
 * Lazy: the first costs one look at each, and only who wants many pays for sorting them. Weights may change between two
 * numbers; a number may come twice or not at all then.
 */
export function* leastFirst(weighed: Weighed, from: number, to: number, wanted = 1): Iterable<number> {
  let after = { weight: from, place: -1 };
  for (const portion of PORTIONS.filter((one) => one >= Math.min(wanted, PORTIONS.at(-1) as number))) {
    const found = leastOf(weighed, after, to, portion);
    for (const { place } of found) yield weighed.order[place] as number;
    if (found.length < portion) return;
    after = found.at(-1) as Candidate;
  }
  for (const { place } of allOf(weighed, after, to)) yield weighed.order[place] as number;
}

interface Candidate {
  readonly weight: number;
  readonly place: number;
}

/** The first few after one. */
const leastOf = ({ order, weights }: Weighed, after: Candidate, to: number, portion: number): readonly Candidate[] => {
  const found: Candidate[] = [];
  let worst = to;
  for (let place = 0; place < order.length; place += 1) {
    const weight = weights[order[place] as number] as number;
    if (weight >= worst || weight < after.weight || (weight === after.weight && place <= after.place)) continue;
    let at = found.length;
    while (at > 0 && (found[at - 1] as Candidate).weight > weight) at -= 1;
    found.splice(at, 0, { weight, place });
    if (found.length > portion) found.pop();
    if (found.length === portion) worst = (found[portion - 1] as Candidate).weight;
  }
  return found;
};

const allOf = ({ order, weights }: Weighed, after: Candidate, to: number): readonly Candidate[] => {
  const rest: Candidate[] = [];
  for (let place = 0; place < order.length; place += 1) {
    const weight = weights[order[place] as number] as number;
    if (weight < to && (weight > after.weight || (weight === after.weight && place > after.place))) rest.push({ weight, place });
  }
  return rest.sort((a, b) => a.weight - b.weight || a.place - b.place);
};
