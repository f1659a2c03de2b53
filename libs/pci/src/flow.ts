import { addBit, dropBit, hasBit, lowestWithout, nextOfBoth, noBits, within, type Bits } from './bits.js';

/** What one demand may take at the moment, and how many. Devices are numbers; the lower does less harm. */
export interface Row {
  readonly allowed: Bits;
  readonly count: number;
  /** Two devices of one value may not both serve the demand. */
  readonly values?: ValueClasses;
}

/** Values that devices have of something: a number for each device's, and for each number its devices. */
export interface ValueClasses {
  readonly numbers: Int32Array;
  readonly classes: readonly Bits[];
}

/** Work that may be spent, in looks at a set of devices. */
export interface Budget {
  steps: number;
}

export interface Snapshot {
  readonly takers: Int32Array;
  readonly taken: Bits;
  readonly given: Int32Array;
}

/** Devices given to demands, each to one: a flow that grows by one device at a time. */
export interface Flow {
  readonly devices: number;
  readonly rows: Row[];
  /** For every device the demand that takes it, or NOBODY. */
  readonly takers: Int32Array;
  readonly taken: Bits;
  /** For every demand how many devices it has. */
  readonly given: Int32Array;
}

export const NOBODY = -1;

export const emptyFlow = (devices: number, rows: readonly Row[]): Flow => ({
  devices,
  rows: [...rows],
  takers: new Int32Array(devices).fill(NOBODY),
  taken: noBits(devices),
  given: new Int32Array(rows.length),
});

export const snapshot = ({ takers, taken, given }: Flow): Snapshot => ({ takers: takers.slice(), taken: taken.slice(), given: given.slice() });

export const restore = (flow: Flow, { takers, taken, given }: Snapshot): void => {
  flow.takers.set(takers);
  flow.taken.set(taken);
  flow.given.set(given);
};

/** Gives a demand what it still lacks; false when that is impossible beside the others, who keep as many as they have. */
export const fill = (flow: Flow, demand: number, budget: Budget): boolean => {
  const { count } = flow.rows[demand] as Row;
  while ((flow.given[demand] as number) < count) if (budget.steps <= 0 || !augment(flow, demand, budget)) return false;
  return true;
};

/** Takes from a demand what its row does not allow any more, the most harmful first where it has too many. */
export const trim = (flow: Flow, demand: number): void => {
  const { allowed, count, values } = flow.rows[demand] as Row;
  const used = new Set<number>();
  let kept = 0;
  for (let device = 0; device < flow.devices; device += 1) {
    if (flow.takers[device] !== demand) continue;
    const value = values?.numbers[device];
    const fits = kept < count && hasBit(allowed, device) && (value === undefined || !used.has(value));
    if (!fits) drop(flow, device);
    else {
      kept += 1;
      if (value !== undefined) used.add(value);
    }
  }
};

export const give = (flow: Flow, device: number, demand: number): void => {
  if (flow.takers[device] !== NOBODY) flow.given[flow.takers[device] as number] = (flow.given[flow.takers[device] as number] as number) - 1;
  flow.takers[device] = demand;
  addBit(flow.taken, device);
  flow.given[demand] = (flow.given[demand] as number) + 1;
};

export const drop = (flow: Flow, device: number): void => {
  flow.given[flow.takers[device] as number] = (flow.given[flow.takers[device] as number] as number) - 1;
  flow.takers[device] = NOBODY;
  dropBit(flow.taken, device);
};

/**
 * One more device for a demand, along an augmenting path: a demand that finds its devices taken asks their takers to move
 * on. Finds one whenever there is one (Berge's theorem), which first fit does not. No demand and no device is asked twice.
 */
const augment = (flow: Flow, demand: number, budget: Budget): boolean => {
  const tried = new Uint8Array(flow.rows.length);
  const movable = flow.taken.slice();

  const claim = (taker: number, open: Bits): boolean => {
    budget.steps -= open.length;
    const free = lowestWithout(open, flow.taken);
    if (free >= 0) return settle(flow, free, taker);
    for (let device = nextOfBoth(open, movable, 0); device >= 0; device = nextOfBoth(open, movable, device + 1)) {
      const other = flow.takers[device] as number;
      if (other === taker) continue;
      dropBit(movable, device);
      if (moveOn(other, device)) return settle(flow, device, taker);
    }
    return false;
  };
  const take = (taker: number): boolean => {
    if (tried[taker]) return false;
    tried[taker] = 1;
    const { allowed, values } = flow.rows[taker] as Row;
    return claim(taker, values ? unusedBy(flow, taker, allowed, values, budget) : allowed);
  };
  /** Whether a taker finds something else for one of its devices: of the same value first, for that may always be swapped. */
  const moveOn = (taker: number, device: number): boolean => {
    const { values, allowed } = flow.rows[taker] as Row;
    budget.steps -= 1;
    return (values !== undefined && claim(taker, within(allowed, values.classes[values.numbers[device] as number] as Bits))) || take(taker);
  };
  return take(demand);
};

/** Moves a device to a demand; whoever had it has found another one by now. */
const settle = (flow: Flow, device: number, demand: number): true => {
  give(flow, device, demand);
  return true;
};

/** What a demand may take of the values that it has not yet. */
const unusedBy = (flow: Flow, demand: number, allowed: Bits, { numbers, classes }: ValueClasses, budget: Budget): Bits => {
  const unused = allowed.slice();
  budget.steps -= flow.devices >>> 3;
  for (let device = 0; device < flow.devices; device += 1) {
    if (flow.takers[device] !== demand) continue;
    const used = classes[numbers[device] as number] as Bits;
    for (let word = 0; word < unused.length; word += 1) unused[word] = (unused[word] as number) & ~(used[word] as number);
  }
  return unused;
};
