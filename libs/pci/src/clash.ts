import { hasBit, type Bits } from './bits.js';
import { NOBODY, type Budget, type Flow } from './flow.js';
import type { Option, Problem, Values } from './matching-problem.js';

/** Some devices that are left out: by everybody, or by one demand where it has to differ in something. */
export interface LeftOut {
  readonly devices: readonly number[];
  readonly by?: { readonly demand: number; readonly differing: Values };
}

/** Of two sets of devices at least one has to be left out; to do without the first is tried first. */
export type Clash = readonly [LeftOut, LeftOut];

export const findClash = (problem: Problem, flow: Flow, chosen: readonly Option[], budget: Budget): Clash | undefined =>
  findExclusion(problem, flow, budget) ?? findSameValue(problem, flow, chosen, budget);

/** Of the taken devices that exclude another taken one, that which excludes most: a PF rather than one of its VFs; of equals, that of the earlier demand. */
const findExclusion = (problem: Problem, { takers }: Flow, budget: Budget): Clash | undefined => {
  const { excludes } = problem;
  budget.steps -= problem.devices;
  let worst: number | undefined;
  takers.forEach((taker, device) => {
    if (taker === NOBODY) return;
    budget.steps -= excludes(device).length;
    if (excludes(device).every((other) => takers[other] === NOBODY)) return;
    const more = worst === undefined ? 1 : excludes(device).length - excludes(worst).length;
    if (more > 0 || (more === 0 && taker < (takers[worst as number] as number))) worst = device;
  });
  if (worst === undefined) return undefined;
  // Where it cannot be had, its equals cannot be had either: to leave them out at once keeps the search small.
  return [{ devices: excludes(worst) }, { devices: twinsOf(problem, worst, budget) }];
};

/** Two devices that share a value in which they must differ, where the flow does not see to it: beyond the first such thing, and between linked demands. */
const findSameValue = ({ demands, devices }: Problem, { takers }: Flow, chosen: readonly Option[], budget: Budget): Clash | undefined => {
  const first = new Map<number, Taken>();
  for (let device = 0; device < devices; device += 1) {
    const demand = takers[device] as number;
    if (demand === NOBODY) continue;
    const { apart } = chosen[demand] as Option;
    const link = demands[demand]?.link;
    const group = link === undefined ? demand : demands.length + link;
    for (let nth = link === undefined ? 1 : 0; nth < apart.length; nth += 1) {
      const differing = apart[nth] as Values;
      budget.steps -= 1;
      const key = (group * MAX_THINGS + nth) * devices + (differing().numbers[device] as number);
      const other = first.get(key);
      if (other) return sameValue(other, { device, by: { demand, differing } }, devices);
      first.set(key, { device, by: { demand, differing } });
    }
  }
  return undefined;
};

interface Taken {
  readonly device: number;
  readonly by: NonNullable<LeftOut['by']>;
}

/** Of two linked demands one does without the value altogether; one demand has either this device or others of the value. */
const sameValue = (one: Taken, other: Taken, devices: number): Clash => {
  const { numbers } = one.by.differing();
  const alike = Array.from({ length: devices }, (_, device) => device).filter((device) => numbers[device] === numbers[one.device]);
  if (one.by.demand !== other.by.demand)
    return [
      { devices: alike, by: other.by },
      { devices: alike, by: one.by },
    ];
  return [
    { devices: alike.filter((device) => device !== one.device), by: one.by },
    { devices: [one.device], by: one.by },
  ];
};

/** More things to differ in than a request can name. */
const MAX_THINGS = 16;

/**
 * A device and those that could stand for it in every assignment: wanted by the same options, and excluding devices that
 * are wanted alike and exclude nothing else. What is impossible with one of them is impossible with each.
 */
const twinsOf = (problem: Problem, device: number, budget: Budget): readonly number[] => {
  const kinds = [...new Set(problem.demands.map(({ options }) => options))];
  const looks = kinds.reduce((sum, options) => sum + options.length, 0);
  if (looks > MANY_OPTIONS) return [device];
  budget.steps -= problem.devices * looks;
  const own = signature(problem, kinds, device);
  if (own === undefined) return [device];
  const twins: number[] = [device];
  for (let other = 0; other < problem.devices; other += 1) if (other !== device && signature(problem, kinds, other) === own) twins.push(other);
  return twins;
};

/** With more options than these, to look for equals costs more than they save. */
const MANY_OPTIONS = 128;

type Kinds = readonly (readonly Option[])[];

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
const wantedBy = (banned: Bits | undefined, kinds: Kinds, device: number): string | undefined => {
  if (banned && hasBit(banned, device)) return '';
  let wanting = '';
  for (const [kind, options] of kinds.entries())
    for (const { index, bits, apart } of options) {
      if (!hasBit(bits(), device)) continue;
      if (apart.length > 0) return undefined;
      wanting += `${kind}/${index} `;
    }
  return wanting;
};
