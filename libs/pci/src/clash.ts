import { hasBit, type Bits } from './bits.js';
import { NOBODY, type Budget, type Flow } from './flow.js';
import type { IndexedOption, Problem, Values } from './matching-problem.js';

/** Some devices that are left out: by everybody, or by one demand as long as it has to differ in something. */
export interface LeftOut {
  readonly devices: readonly number[];
  readonly by?: { readonly demand: number; readonly differing: Values };
}

/** Of two sets of devices at least one has to be left out. */
export type Clash = readonly [LeftOut, LeftOut];

export const findClash = (problem: Problem, flow: Flow, chosen: readonly IndexedOption[], budget: Budget): Clash | undefined =>
  findExclusion(problem, flow, budget) ?? findSameValue(problem, flow, chosen, budget);

/** Of the taken devices that exclude another taken one, that which excludes most: a PF rather than one of its VFs; of equals, that of the earlier demand. */
const findExclusion = (problem: Problem, { takers }: Flow, budget: Budget): Clash | undefined => {
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
  return [{ devices: excludes(worst) }, { devices: twinsOf(problem, worst) }];
};

/** Two devices that share a value in which they must differ, where the flow does not see to it: beyond the first such thing, and between linked demands. */
const findSameValue = ({ demands }: Problem, { takers }: Flow, chosen: readonly IndexedOption[], budget: Budget): Clash | undefined => {
  const first = new Map<string, LeftOut>();
  for (const [device, demand] of takers.entries()) {
    const { apart } = chosen[demand] ?? { apart: [] };
    budget.steps -= apart.length;
    for (const [nth, differing] of apart.entries()) {
      const key = `${demands[demand]?.link ?? `${demand} alone`}/${nth}/${differing()[device]}`;
      const own = { devices: [device], by: { demand, differing } };
      const other = first.get(key);
      if (other) return [own, other];
      first.set(key, own);
    }
  }
  return undefined;
};

/**
 * A device and those that could stand for it in every assignment: wanted by the same options, and excluding devices that
 * are wanted alike and exclude nothing else. What is impossible with one of them is impossible with each.
 */
const twinsOf = (problem: Problem, device: number): readonly number[] => {
  const kinds = [...new Set(problem.demands.map(({ options }) => options))];
  const own = signature(problem, kinds, device);
  if (own === undefined) return [device];
  const twins: number[] = [device];
  for (let other = 0; other < problem.devices; other += 1) if (other !== device && signature(problem, kinds, other) === own) twins.push(other);
  return twins;
};

type Kinds = readonly (readonly IndexedOption[])[];

const signature = (problem: Problem, kinds: Kinds, device: number): string | undefined => {
  const excluded = problem.excludes(device);
  if (excluded.some((other) => problem.excludes(other).length !== 1)) return undefined;
  const own = wantedBy(problem.banned, kinds, device);
  if (own === undefined) return undefined;
  const wanted = excluded.map((other) => wantedBy(problem.banned, kinds, other));
  return wanted.includes(undefined) ? undefined : `${own}|${wanted.sort(byText).join(';')}`;
};

const byText = (a = '', b = ''): number => (a < b ? -1 : a > b ? 1 : 0);

/** The options that a device would serve; undefined where devices are told apart by a value. Demands that ask for the same count once. */
const wantedBy = (banned: Bits, kinds: Kinds, device: number): string | undefined => {
  if (hasBit(banned, device)) return '';
  let wanting = '';
  for (const [kind, options] of kinds.entries())
    for (const { index, bits, apart } of options) {
      if (!hasBit(bits(), device)) continue;
      if (apart.length > 0) return undefined;
      wanting += `${kind}/${index} `;
    }
  return wanting;
};
