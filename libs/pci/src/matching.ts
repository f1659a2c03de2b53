import { addBit, bitsOf, hasBit, noBits, without } from './bits.js';
import { findClash, type Clash, type LeftOut } from './clash.js';
import { NOBODY, drop, emptyFlow, fill, give, restore, snapshot, trim, type Budget, type Flow, type Row } from './flow.js';
import { onlyBy, rowOf, sparing, type Demand, type Option, type Problem } from './matching-problem.js';

/** What each demand is given, and by which of its options. Devices are places in the order of the problem, ascending. */
export type Assignment =
  | { readonly served: readonly { readonly devices: readonly number[]; readonly option: number }[] }
  /** `limit`: the search ended at its bound without an answer. */
  | { readonly failed: 'impossible' | 'limit' };

/** Looks at sets of devices that one search may cost, so that no question can make it explode: about 5 ms. */
export const MAX_SEARCH = 450_000;

/**
 * Gives every demand as many of its candidates as one of its options says, each device once; earlier demands have the
 * choice of their options first. An assignment is found whenever there is one: devices by augmenting paths; options,
 * devices that exclude each other and what the paths do not see to by trying, cut short wherever even the loosest
 * reading of what is left cannot be served. Questions with very many of those may end at the bound, and a few small ones
 * that have no answer do. `work` counts the steps.
 */
export const assign = (problem: Problem, bound = MAX_SEARCH, work = { steps: 0 }): Assignment => {
  const budgets = [{ steps: bound }, { steps: bound }] as const;
  const first = search(problem, budgets[0]);
  const found = first === undefined ? search(lastOptionFirst(problem), budgets[1]) : first;
  const best = first !== undefined && first !== 'impossible' && first.clashed ? preferEarlier(problem, first, budgets[0]) : found;
  work.steps += 2 * bound - budgets[0].steps - budgets[1].steps;
  if (best === undefined) return { failed: 'limit' };
  if (best === 'impossible') return { failed: 'impossible' };
  improve(problem, best);
  const served = best.chosen.map(({ index }) => ({ devices: new Array<number>(), option: index }));
  best.flow.takers.forEach((taker, device) => taker !== NOBODY && served[taker]?.devices.push(device));
  return { served };
};

interface Solution {
  readonly flow: Flow;
  readonly chosen: Option[];
  /** Devices had to be left out on the way to it, so that it may not be the one that is preferred. */
  readonly clashed: boolean;
}

/** When preferences make the search too long, any answer is better than none. */
const lastOptionFirst = (problem: Problem): Problem => ({
  ...problem,
  demands: problem.demands.map((demand) => ({ ...demand, options: [...demand.options].reverse(), likeBefore: false })),
});

/** Undefined at the bound. */
const search = (problem: Problem, budget: Budget, clashed = false): Solution | 'impossible' | undefined => {
  budget.steps -= problem.devices + problem.demands.length;
  const rows = problem.demands.map(({ loosest }) => allowedRow(problem, loosest));
  const flow = emptyFlow(problem.devices, rows);
  const chosen: Option[] = [];
  for (const demand of rows.keys()) if (!fill(flow, demand, budget)) return outcome(budget);
  if (!decide(problem, { flow, chosen }, budget)) return outcome(budget);
  const clash = findClash(problem, flow, chosen, budget);
  if (!clash) return { flow, chosen, clashed };
  for (const branch of branchesOf(problem, clash)) {
    const found = search(branch, budget, true);
    if (found !== 'impossible') return found;
  }
  return 'impossible';
};

const outcome = ({ steps }: Budget): 'impossible' | undefined => (steps > 0 ? 'impossible' : undefined);

const allowedRow = ({ banned }: Problem, row: Row): Row => (banned ? { ...row, allowed: without(row.allowed, banned) } : row);

/** Of two things that exclude each other at least one is left out: two smaller searches. */
const branchesOf = (problem: Problem, clash: Clash): readonly Problem[] => clash.map((out) => leaveOut(problem, out));

const leaveOut = (problem: Problem, { devices, by }: LeftOut): Problem => {
  if (!by) {
    const banned = problem.banned?.slice() ?? noBits(problem.devices);
    for (const device of devices) addBit(banned, device);
    return { ...problem, banned };
  }
  const spared = bitsOf(problem.devices, devices);
  const demands = problem.demands.map((demand, index) =>
    index === by.demand
      ? onlyBy(
          demand,
          problem.devices,
          demand.options.map((option) => (option.apart.includes(by.differing) ? sparing(option, spared) : option)),
        )
      : demand,
  );
  return { ...problem, demands };
};

/** Settles on an option for each demand, in order; false where no combination can be served. */
const decide = (problem: Problem, solution: Omit<Solution, 'clashed'>, budget: Budget, from = 0): boolean => {
  const { flow, chosen } = solution;
  const next = problem.demands[from];
  if (!next) return true;
  const options = openOptions(problem, next, chosen, from);
  const [only] = options;
  if (next.options.length === 1) {
    if (!only) return false;
    chosen[from] = only;
    return decide(problem, solution, budget, from + 1);
  }
  const before = snapshot(flow);
  const loose = flow.rows[from] as Row;
  for (const option of options) {
    if (budget.steps <= 0) break;
    budget.steps -= flow.devices;
    flow.rows[from] = allowedRow(problem, rowOf(option));
    chosen[from] = option;
    trim(flow, from);
    if (fill(flow, from, budget) && decide(problem, solution, budget, from + 1)) return true;
    restore(flow, before);
  }
  flow.rows[from] = loose;
  return false;
};

/** Of demands that are alike the later one does not take an earlier option; one that is linked takes what shares the same. */
const openOptions = ({ demands }: Problem, { options, likeBefore, link }: Demand, chosen: readonly Option[], from: number): readonly Option[] => {
  if (likeBefore) return startingAt(options, (chosen[from - 1] as Option).index);
  const partner = link === undefined ? -1 : demands.findIndex((demand, index) => index < from && demand.link === link);
  return partner < 0 ? options : options.filter(({ shares }) => shares === chosen[partner]?.shares);
};

const startingAt = (options: readonly Option[], first: number): readonly Option[] => {
  const start = options.findIndex(({ index }) => index >= first);
  return start < 0 ? [] : options.slice(start);
};

/** Whether demands could be served by earlier options than they are, each in its turn, those before it keeping theirs. */
const preferEarlier = (problem: Problem, found: Solution, budget: Budget): Solution => {
  let best = found;
  for (const demand of problem.demands.keys())
    for (;;) {
      const { chosen } = best;
      const better = (problem.demands[demand] as Demand).options.filter(({ index }) => index < (chosen[demand] as Option).index);
      if (better.length === 0) break;
      const kept = (each: Demand, at: number): readonly Option[] =>
        at === demand ? better : each.options.filter(({ index }) => index === (chosen[at] as Option).index);
      const demands = problem.demands.map((each, at) => (at > demand ? each : onlyBy(each, problem.devices, kept(each, at))));
      const other = search({ ...problem, demands }, budget);
      if (other === undefined || other === 'impossible') break;
      best = other;
    }
  return best;
};

/** What is free by now and does less harm than what a demand has takes its place. */
const improve = ({ excludes }: Problem, { flow, chosen }: Solution): void => {
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

export type { Demand, Option, Problem } from './matching-problem.js';
