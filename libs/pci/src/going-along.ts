import type { DeviceObservation } from './device.js';

/** A device that a request is given, and what else would do for it. */
export interface Given {
  readonly device: DeviceObservation;
  readonly request: number;
  /** Least harm first. Undefined where devices of the request depend on each other, so that none may be exchanged alone. */
  readonly instead?: readonly DeviceObservation[];
}

/** Exchanges that are tried for one wish at most. */
const MAX_TRIES = 64;

/**
 * What goes to the VM anyhow, because its IOMMU group does, counts towards the requests that it satisfies: a device that
 * was chosen for such a request, and that nothing else needs, stays free. `everything` is what goes to the VM with some
 * devices that it is given.
 */
export const useWhatGoesAlong = (
  given: readonly Given[],
  everything: (devices: readonly DeviceObservation[]) => ReadonlySet<DeviceObservation>,
): readonly Given[] => {
  let best = given;
  let all = everything(given.map(({ device }) => device));
  for (let index = given.length - 1, tries = 0; index >= 0 && all.size > given.length && tries < MAX_TRIES; index -= 1) {
    const { instead = [] } = given[index] as Given;
    const asked = new Set(best.map(({ device }) => device));
    const other = instead.find((one) => all.has(one) && !asked.has(one));
    if (!other) continue;
    tries += 1;
    const changed = best.map((one, at) => (at === index ? { ...one, device: other } : one));
    const rest = everything(changed.map(({ device }) => device));
    if (rest.size >= all.size || ![...rest].every((device) => all.has(device))) continue;
    best = changed;
    all = rest;
  }
  return best;
};
