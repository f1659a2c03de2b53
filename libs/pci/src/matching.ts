/** One request as the matching sees it: how many it needs, and what would do, best first. */
export interface Demand<Device> {
  readonly count: number;
  readonly candidates: readonly Device[];
}

/** Tried exclusions at most, so that no request can make the search explode. */
const MAX_BRANCHES = 64;

/**
 * Gives every demand as many of its candidates as it needs, each device once; undefined when that is impossible.
 *
 * A bipartite matching by augmenting paths: a demand that finds its candidates taken asks their takers to move
 * on. It finds an assignment whenever one exists, which first fit does not. Devices that exclude each other (a PF
 * and its VFs) are settled by trying with either side left out.
 */
export const assign = <Device extends object>(
  demands: readonly Demand<Device>[],
  excludes: (device: Device) => readonly Device[] = () => [],
): readonly (readonly Device[])[] | undefined => {
  let branches = 0;
  const search = (banned: ReadonlySet<Device>): readonly (readonly Device[])[] | undefined => {
    branches += 1;
    const served = augment(demands, banned);
    const clash = served && findClash(served.flat(), excludes);
    if (!clash) return served;
    for (const side of clash) if (branches < MAX_BRANCHES) {
      const found = search(new Set([...banned, ...side]));
      if (found) return found;
    }
    return undefined;
  };
  return search(new Set());
};

const augment = <Device extends object>(demands: readonly Demand<Device>[], banned: ReadonlySet<Device>): readonly (readonly Device[])[] | undefined => {
  const takenBy = new Map<Device, number>();
  const take = (demand: number, visited: Set<Device>): boolean => {
    const { candidates } = demands[demand] as Demand<Device>;
    for (const device of candidates)
      if (!takenBy.has(device) && !banned.has(device)) {
        takenBy.set(device, demand);
        return true;
      }
    for (const device of candidates) {
      if (visited.has(device) || banned.has(device)) continue;
      visited.add(device);
      const taker = takenBy.get(device) as number;
      if (taker !== demand && take(taker, visited)) {
        takenBy.set(device, demand);
        return true;
      }
    }
    return false;
  };
  for (const [index, { count }] of demands.entries()) for (let i = 0; i < count; i += 1) if (!take(index, new Set())) return undefined;

  const served: Device[][] = demands.map(() => []);
  for (const [device, demand] of takenBy) served[demand]?.push(device);
  return served;
};

const findClash = <Device>(devices: readonly Device[], excludes: (device: Device) => readonly Device[]): readonly (readonly Device[])[] | undefined => {
  const chosen = new Set(devices);
  for (const device of devices) {
    const others = excludes(device).filter((other) => chosen.has(other));
    if (others.length > 0) return [others, [device]];
  }
  return undefined;
};
