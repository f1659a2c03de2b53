import type { DeviceObservation } from '@vfleet/pci';
import type { HardwareScan } from './hardware.js';
import { parentsFirst, type SeenDevice } from './observe.js';

/** A fact about a device, without what every fact carries. */
export type DeviceFact =
  | { readonly name: 'DeviceDiscovered'; readonly data: { readonly device: DeviceObservation } }
  | { readonly name: 'DeviceChanged'; readonly data: { readonly deviceId: string; readonly device: DeviceObservation } }
  | {
      readonly name: 'DeviceRenamed';
      readonly data: { readonly deviceId: string; readonly address: string; readonly previousName: string | null; readonly name: string | null };
    }
  | { readonly name: 'DeviceReaddressed'; readonly data: { readonly deviceId: string; readonly previousAddress: string; readonly address: string } }
  | { readonly name: 'DeviceRemoved'; readonly data: { readonly deviceId: string; readonly address: string; readonly reason: string } };

export interface Report {
  readonly facts: readonly DeviceFact[];
  /** What has been reported once the facts are: the next report starts from here. */
  readonly devices: readonly SeenDevice[];
}

/** What a scan could not see, and therefore says nothing about. */
export type Unseen = Pick<HardwareScan, 'unreadable' | 'unlisted'>;

/**
 * What to tell, given what was told last and what is seen now. A device that is there and cannot be read stays as it
 * was told, and so do all of a kind that could not be listed. Removals come first, so that an address is free before another device moves to it.
 */
export const planReport = (last: readonly SeenDevice[], seen: readonly SeenDevice[], unseen: Unseen): Report => {
  const before = new Map(last.map((device) => [device.observation.deviceId, device]));
  const now = new Map(seen.map((device) => [device.observation.deviceId, device]));
  const silent = new Set(unseen.unreadable.map(({ address }) => address));
  const gone = last.filter(({ observation }) => !now.has(observation.deviceId));
  const kept = gone.filter(({ observation: { address, kind } }) => silent.has(address) || unseen.unlisted.some((one) => one === kind));
  const removed = gone.filter((device) => !kept.includes(device)).map(({ observation }) => observation);
  const discovered = seen.filter(({ observation }) => !before.has(observation.deviceId));
  return {
    facts: [
      ...removed.map(({ deviceId, address }): DeviceFact => ({ name: 'DeviceRemoved', data: { deviceId, address, reason: 'no longer there' } })),
      ...seen.flatMap(({ observation }) => differences(before.get(observation.deviceId)?.observation, observation)),
      ...parentsFirst(discovered).map(({ observation }): DeviceFact => ({ name: 'DeviceDiscovered', data: { device: observation } })),
    ],
    devices: [...seen, ...kept],
  };
};

const differences = (before: DeviceObservation | undefined, now: DeviceObservation): readonly DeviceFact[] => {
  if (!before) return [];
  const facts: DeviceFact[] = [];
  const { deviceId, address, name } = now;
  if (before.address !== address) facts.push({ name: 'DeviceReaddressed', data: { deviceId, previousAddress: before.address, address } });
  if (before.name !== name) facts.push({ name: 'DeviceRenamed', data: { deviceId, address, previousName: before.name ?? null, name: name ?? null } });
  if (!same({ ...before, address, name }, now)) facts.push({ name: 'DeviceChanged', data: { deviceId, device: now } });
  return facts;
};

/** Observations made by one version have their keys in one order; only others need a closer look. */
const same = (a: DeviceObservation, b: DeviceObservation): boolean => JSON.stringify(a) === JSON.stringify(b) || canonical(a) === canonical(b);

/** JSON with its keys in order; what is undefined is not there. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) =>
    inner && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
