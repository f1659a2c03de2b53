import type { LogEvent } from './findings.js';

interface Change {
  readonly vmId: string;
  readonly devices: readonly { readonly deviceId: string }[];
}

/** VMs that hold something after all events, and what. */
export const heldByVms = (events: readonly LogEvent[]): ReadonlyMap<string, ReadonlySet<string>> => {
  const held = new Map<string, Set<string>>();
  for (const { type, data } of events) {
    if (type !== 'DevicesReserved' && type !== 'DevicesReleased') continue;
    const { vmId, devices } = data as Change;
    const its = held.get(vmId) ?? new Set<string>();
    for (const { deviceId } of devices) {
      if (type === 'DevicesReserved') its.add(deviceId);
      else its.delete(deviceId);
    }
    if (its.size > 0) held.set(vmId, its);
    else held.delete(vmId);
  }
  return held;
};

/** How often each VM was given devices. */
export const timesGiven = (events: readonly LogEvent[]): ReadonlyMap<string, number> => {
  const times = new Map<string, number>();
  for (const { type, data } of events) {
    if (type !== 'DevicesReserved') continue;
    const { vmId } = data as Change;
    times.set(vmId, (times.get(vmId) ?? 0) + 1);
  }
  return times;
};

/** A sentence for each VM that holds something and must not any more. */
export const leaks = (events: readonly LogEvent[], ended: readonly string[]): readonly string[] => {
  const held = heldByVms(events);
  return ended.filter((vmId) => held.has(vmId)).map((vmId) => `${vmId} has ended and still holds ${[...(held.get(vmId) ?? [])].join(', ')}`);
};

/** A sentence for each VM that must hold something and does not. */
export const losses = (events: readonly LogEvent[], running: readonly string[]): readonly string[] => {
  const held = heldByVms(events);
  return running.filter((vmId) => !held.has(vmId)).map((vmId) => `${vmId} runs and holds nothing`);
};

/** A sentence for each event of an owner that had been replaced when it was recorded, by the numbers of owners in the log. */
export const staleWrites = (events: readonly LogEvent[]): readonly string[] => {
  let newest = 0;
  return events.flatMap(({ position, meta }) => {
    const { fence = newest } = (meta ?? {}) as { readonly fence?: number };
    newest = Math.max(newest, fence);
    return fence < newest ? [`position ${position} was written by owner ${fence} after owner ${newest}`] : [];
  });
};
