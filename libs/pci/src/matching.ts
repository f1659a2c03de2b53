import { indexProblem, twinsOf, type Problem } from './matching-problem.js';

/** One request as the matching sees it: how many it needs, and what would do, best first. */
export interface Demand<Device> {
  readonly count: number;
  readonly candidates: readonly Device[];
}

/** Steps spent on devices that exclude each other, so that no request can make the search explode: about 20 ms. */
const MAX_STEPS = 400_000;

const NOBODY = -1;

/**
 * Gives every demand as many of its candidates as it needs, each device once; undefined when that is impossible.
 *
 * A bipartite matching by augmenting paths: a demand that finds its candidates taken asks their takers to move on. It
 * finds an assignment whenever one exists, which first fit does not. Devices that exclude each other (a PF and its VFs;
 * said by both) are settled by trying with either side left out. Only where many of them, each wanted differently,
 * exclude each other, the search may end at its bound without having found what there is.
 */
export const assign = <Device extends object>(
  demands: readonly Demand<Device>[],
  excludes: (device: Device) => readonly Device[] = () => [],
): readonly (readonly Device[])[] | undefined => {
  const problem = indexProblem(demands, excludes);
  const takers = search(problem, new Uint8Array(problem.devices.length), { steps: MAX_STEPS });
  if (!takers) return undefined;
  const served: Device[][] = demands.map(() => []);
  takers.forEach((demand, device) => demand !== NOBODY && served[demand]?.push(problem.devices[device] as Device));
  return served;
};

interface Budget {
  steps: number;
}

const search = (problem: Problem<object>, banned: Uint8Array, budget: Budget): Int32Array | undefined => {
  const takers = match(problem, banned, budget);
  const clash = takers && findClash(problem, takers, budget);
  if (clash === undefined || budget.steps <= 0) return clash === undefined ? takers : undefined;
  const without = (devices: readonly number[]): Uint8Array => {
    const more = banned.slice();
    for (const device of devices) more[device] = 1;
    return more;
  };
  // Where it cannot be had, its equals cannot be had either: to leave them out at once keeps the search small.
  return search(problem, without(problem.excludes(clash)), budget) ?? search(problem, without(twinsOf(problem, clash, banned)), budget);
};

/** For every device the demand that takes it; undefined when the demands cannot be met without what is banned. */
const match = ({ demands, devices }: Problem<object>, banned: Uint8Array, budget: Budget): Int32Array | undefined => {
  const takers = new Int32Array(devices.length).fill(NOBODY);
  budget.steps -= devices.length;
  // What is taken stays taken, by whomever: a demand looks at each of its candidates once for being free.
  const next = new Int32Array(demands.length);
  const take = (index: number, tried: Uint8Array): boolean => {
    tried[index] = 1;
    const { candidates } = demands[index] as { readonly candidates: Int32Array };
    for (let at = next[index] as number; at < candidates.length; at += 1) {
      const device = candidates[at] as number;
      next[index] = at + 1;
      budget.steps -= 1;
      if (takers[device] === NOBODY && !banned[device]) return settle(takers, device, index);
    }
    budget.steps -= candidates.length;
    for (const device of candidates) {
      const taker = takers[device] as number;
      if (taker !== NOBODY && !tried[taker] && take(taker, tried)) return settle(takers, device, index);
    }
    return false;
  };
  for (const [index, { count }] of demands.entries())
    for (let given = 0; given < count; given += 1) if (!take(index, new Uint8Array(demands.length))) return undefined;
  return takers;
};

const settle = (takers: Int32Array, device: number, demand: number): true => {
  takers[device] = demand;
  return true;
};

/** Of the taken devices that exclude another taken one, that which excludes most: a PF rather than one of its VFs. */
const findClash = ({ excludes }: Problem<object>, takers: Int32Array, budget: Budget): number | undefined => {
  let worst: number | undefined;
  takers.forEach((taker, device) => {
    if (taker === NOBODY) return;
    budget.steps -= excludes(device).length;
    if (excludes(device).every((other) => takers[other] === NOBODY)) return;
    if (worst === undefined || excludes(device).length > excludes(worst).length) worst = device;
  });
  return worst;
};
