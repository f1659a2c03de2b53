import { addBit, hasBit, noBits, without, type Bits } from './bits.js';
import { NOBODY, emptyFlow, fill, give, drop, restore, snapshot, trim, type Budget, type Flow, type Row } from './flow.js';
import { findClash, type Clash } from './clash.js';
import { indexProblem, rowOf, type IndexedDemand, type Problem, type Question } from './matching-problem.js';

/** What each demand is given, and by which of its options. */
export type Assignment<Device> =
  | { readonly served: readonly { readonly devices: readonly Device[]; readonly option: number }[] }
  /** `limit`: the search ended at its bound without an answer. */
  | { readonly failed: 'impossible' | 'limit' };

/** Looks at sets of devices that one question may cost, so that none can make the search explode: about 15 ms. */
const MAX_STEPS = 1_500_000;

/**
 * Gives every demand as many of its candidates as one of its options says, each device once; earlier demands have the
 * choice of their options first. An assignment is found whenever there is one: devices by augmenting paths; options,
 * devices that exclude each other and more than one thing to differ in by trying, cut short wherever even the loosest
 * reading of what is left cannot be served. Only questions with very many of those may end at the bound.
 */
export const assign = <Device extends object>(question: Question<Device>): Assignment<Device> => {
  const problem = indexProblem(question);
  const bans = problem.demands.map(() => noBits(problem.devices));
  const found = search(problem, bans, { steps: MAX_STEPS }) ?? search(loosestFirst(problem), bans, { steps: MAX_STEPS });
  if (found === undefined) return { failed: 'limit' };
  if (found === 'impossible') return { failed: 'impossible' };
  const served = problem.demands.map(({ options }, demand) => ({
    devices: question.order.filter((_, device) => found.flow.takers[device] === demand),
    option: options.indexOf(found.chosen[demand] as (typeof options)[number]),
  }));
  return { served };
};

interface Solution {
  readonly flow: Flow;
  readonly chosen: IndexedDemand['options'][number][];
}

/** When preferences make the search too long, any answer is better than none. */
const loosestFirst = (problem: Problem): Problem => ({
  ...problem,
  demands: problem.demands.map((demand) => ({ ...demand, options: [...demand.options].reverse(), likeBefore: false })),
});

/** Undefined at the bound. */
const search = (problem: Problem, bans: readonly Bits[], budget: Budget): Solution | 'impossible' | undefined => {
  const rows = problem.demands.map(({ loosest }, demand): Row => ({ ...loosest, allowed: without(loosest.allowed, bans[demand] as Bits) }));
  const flow = emptyFlow(problem.devices, rows);
  for (const demand of rows.keys()) if (!fill(flow, demand, budget)) return outcome(budget);
  const chosen: Solution['chosen'] = [];
  if (!decide(problem, { flow, chosen }, bans, budget)) return outcome(budget);
  const clash = findClash(problem, flow, chosen, bans, budget);
  if (!clash) {
    improve(problem, flow, chosen);
    return { flow, chosen };
  }
  for (const branch of branchesOf(clash, bans)) {
    const found = search(problem, branch, budget);
    if (found !== 'impossible') return found;
  }
  return 'impossible';
};

const outcome = ({ steps }: Budget): 'impossible' | undefined => (steps > 0 ? 'impossible' : undefined);

/** Of two things that exclude each other at least one is left out: two smaller searches. */
const branchesOf = ({ either, or, demand }: Clash, bans: readonly Bits[]): readonly (readonly Bits[])[] =>
  [or, either].map((out) =>
    bans.map((before, index) => {
      if (demand !== undefined && index !== demand) return before;
      const more = before.slice();
      for (const device of out) addBit(more, device);
      return more;
    }),
  );

/** Settles on an option for each demand, in order; false where no combination can be served. */
const decide = (problem: Problem, solution: Solution, bans: readonly Bits[], budget: Budget, from = 0): boolean => {
  const { flow, chosen } = solution;
  const next = problem.demands[from];
  if (!next) return true;
  const [only] = next.options;
  if (next.options.length === 1 && only) {
    chosen[from] = only;
    return decide(problem, solution, bans, budget, from + 1);
  }
  const first = next.likeBefore ? next.options.indexOf(chosen[from - 1] as (typeof next.options)[number]) : 0;
  const before = snapshot(flow);
  const loose = flow.rows[from] as Row;
  for (const option of next.options.slice(Math.max(0, first))) {
    if (budget.steps <= 0) break;
    budget.steps -= flow.devices;
    flow.rows[from] = rowOf(option, bans[from] as Bits);
    chosen[from] = option;
    trim(flow, from);
    if (fill(flow, from, budget) && decide(problem, solution, bans, budget, from + 1)) return true;
    restore(flow, before);
  }
  flow.rows[from] = loose;
  return false;
};

/** What is free by now and does less harm than what a demand has takes its place. */
const improve = ({ excludes }: Problem, flow: Flow, chosen: Solution['chosen']): void => {
  for (let device = flow.devices - 1; device >= 0; device -= 1) {
    const demand = flow.takers[device] as number;
    if (demand === NOBODY || (chosen[demand]?.apart.length ?? 0) > 0) continue;
    const { allowed } = flow.rows[demand] as Row;
    for (let better = 0; better < device; better += 1) {
      if (!hasBit(allowed, better) || hasBit(flow.taken, better) || excludes(better).some((other) => other !== device && hasBit(flow.taken, other)))
        continue;
      drop(flow, device);
      give(flow, better, demand);
      break;
    }
  }
};

export type { Demand, Option, Question } from './matching-problem.js';
