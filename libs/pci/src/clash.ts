import { hasBit, type Bits } from './bits.js';
import { NOBODY, type Budget, type Flow } from './flow.js';
import type { IndexedOption, Problem } from './matching-problem.js';

/** Two sets of devices of which at least one has to be left out, by one demand or by all. */
export interface Clash {
  readonly either: readonly number[];
  readonly or: readonly number[];
  readonly demand?: number;
}

export const findClash = (problem: Problem, flow: Flow, chosen: readonly IndexedOption[], bans: readonly Bits[], budget: Budget): Clash | undefined =>
  findExclusion(problem, flow, bans, budget) ?? findSameValue(flow, chosen);

/** Of the taken devices that exclude another taken one, that which excludes most: a PF rather than one of its VFs; of equals, that of the earlier demand. */
const findExclusion = (problem: Problem, { takers }: Flow, bans: readonly Bits[], budget: Budget): Clash | undefined => {
  const { excludes } = problem;
  let worst: number | undefined;
  takers.forEach((taker, device) => {
    if (taker === NOBODY) return;
    budget.steps -= excludes(device).length;
    if (excludes(device).every((other) => takers[other] === NOBODY)) return;
    const more = worst === undefined ? 1 : excludes(device).length - excludes(worst).length;
    if (more > 0 || (more === 0 && taker < (takers[worst as number] as number))) worst = device;
  });
  if (worst === undefined) return undefined;
  budget.steps -= problem.devices * problem.demands.length;
  // Where it cannot be had, its equals cannot be had either: to leave them out at once keeps the search small.
  return { either: twinsOf(problem, worst, bans), or: excludes(worst) };
};

/** Two devices of one demand that share a value in which they must differ, beyond the first such thing, which the flow sees to. */
const findSameValue = ({ takers }: Flow, chosen: readonly IndexedOption[]): Clash | undefined => {
  for (const [demand, { apart }] of chosen.entries())
    for (const valueOf of apart.slice(1)) {
      const values = valueOf();
      const first = new Map<number, number>();
      for (const [device, taker] of takers.entries()) {
        if (taker !== demand) continue;
        const value = values[device] as number;
        const other = first.get(value);
        if (other !== undefined) return { either: [device], or: [other], demand };
        first.set(value, device);
      }
    }
  return undefined;
};

/**
 * A device and those that could stand for it in every assignment: wanted by the same options, and excluding devices that
 * are wanted alike and exclude nothing else. What is impossible with one of them is impossible with each.
 */
const twinsOf = (problem: Problem, device: number, bans: readonly Bits[]): readonly number[] => {
  const own = signature(problem, device, bans);
  if (own === undefined) return [device];
  const twins: number[] = [device];
  for (let other = 0; other < problem.devices; other += 1) if (other !== device && signature(problem, other, bans) === own) twins.push(other);
  return twins;
};

const signature = (problem: Problem, device: number, bans: readonly Bits[]): string | undefined => {
  const excluded = problem.excludes(device);
  if (excluded.some((other) => problem.excludes(other).length !== 1)) return undefined;
  const own = wantedBy(problem, device, bans);
  return own === undefined
    ? undefined
    : `${own}|${excluded
        .map((other) => wantedBy(problem, other, bans))
        .sort()
        .join(';')}`;
};

/** The options that a device would serve; undefined where devices are told apart by a value. Demands that ask for the same count once. */
const wantedBy = ({ kinds }: Problem, device: number, bans: readonly Bits[]): string | undefined => {
  let wanting = '';
  for (const [kind, { demand, options }] of kinds.entries()) {
    if (hasBit(bans[demand] as Bits, device)) continue;
    for (const [index, { bits, apart }] of options.entries()) {
      if (!hasBit(bits(), device)) continue;
      if (apart.length > 0) return undefined;
      wanting += `${kind}/${index} `;
    }
  }
  return wanting;
};
