/** A matching in numbers: devices and demands by index, so that the search compares nothing but integers. */
export interface Problem<Device> {
  readonly devices: readonly Device[];
  readonly demands: readonly { readonly count: number; readonly candidates: Int32Array }[];
  /** Devices that may not be taken together with one; symmetric. */
  readonly excludes: (device: number) => readonly number[];
  /** Indexes of the demands that a device would serve. */
  readonly wantedBy: readonly (readonly number[])[];
}

export const indexProblem = <Device extends object>(
  demands: readonly { readonly count: number; readonly candidates: readonly Device[] }[],
  excludes: (device: Device) => readonly Device[],
): Problem<Device> => {
  const indexes = new Map<Device, number>();
  const wantedBy: number[][] = [];
  const indexOf = (device: Device, demand: number): number => {
    const index = indexes.get(device) ?? indexes.size;
    indexes.set(device, index);
    (wantedBy[index] ??= []).push(demand);
    return index;
  };
  const indexed = demands.map(({ count, candidates }, demand) => ({
    count,
    candidates: Int32Array.from(candidates, (device) => indexOf(device, demand)),
  }));
  const devices = [...indexes.keys()];
  const known: (readonly number[] | undefined)[] = [];
  const excludedBy = (index: number): readonly number[] =>
    (known[index] ??= excludes(devices[index] as Device).flatMap((other) => indexes.get(other) ?? []));
  return { devices, demands: indexed, excludes: excludedBy, wantedBy };
};

/**
 * A device and those that could stand for it in every assignment: wanted by the same demands, and excluding devices that
 * are wanted alike and exclude nothing else. What is impossible with one of them is impossible with each.
 */
export const twinsOf = (problem: Problem<object>, device: number, banned: Uint8Array): readonly number[] => {
  const own = signature(problem, device);
  if (own === undefined) return [device];
  const untouched = (index: number): boolean => !banned[index] && problem.excludes(index).every((other) => !banned[other]);
  const twins = problem.devices.flatMap((_, index) => (index !== device && untouched(index) && signature(problem, index) === own ? [index] : []));
  return untouched(device) ? [device, ...twins] : [device];
};

const signature = ({ excludes, wantedBy }: Problem<object>, device: number): string | undefined => {
  const excluded = excludes(device);
  if (excluded.some((other) => excludes(other).length !== 1)) return undefined;
  const wishes = excluded.map((other) => (wantedBy[other] as readonly number[]).join(','));
  return `${(wantedBy[device] as readonly number[]).join(',')}|${wishes.sort().join(';')}`;
};
