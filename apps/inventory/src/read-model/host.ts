import { unhandled } from '@vfleet/decider';
import type { DeviceCounts, DeviceState, HostDescription, HostState } from '@vfleet/contracts';
import { isCatalogEvent, isMigrationEvent, timeOf, type KnownEvent } from './known-event.js';

/** One host, from the first time that its agent said it is online. */
export interface HostRow {
  readonly hostId: string;
  readonly description: HostDescription;
  /** Whether it can be heard. */
  readonly state: Exclude<HostState, 'draining'>;
  /** An operator empties it, whether it can be heard or not. */
  readonly draining: boolean;
  readonly firstSeenAt: string;
  /** As far as events tell; heartbeats leave none. */
  readonly lastSeenAt: string;
  readonly counts: DeviceCounts;
}

/** The row after an event, its counts as they were; null as long as the host has not introduced itself. */
export const applyToHost = (row: HostRow | null, event: KnownEvent): HostRow | null => {
  if (isMigrationEvent(event) || isCatalogEvent(event)) return row;
  switch (event.type) {
    case 'HostOnline': {
      const { hostId, host, observed } = event.data;
      const seenAt = timeOf(observed.observedAt, event.recordedAt);
      return {
        hostId,
        description: host,
        state: 'online',
        draining: row?.draining ?? false,
        firstSeenAt: row?.firstSeenAt ?? seenAt,
        lastSeenAt: seenAt,
        counts: row?.counts ?? NO_DEVICES,
      };
    }
    case 'HostOffline':
      return row && { ...row, state: 'offline', lastSeenAt: timeOf(event.data.observed.observedAt, event.recordedAt) };
    case 'HostStale':
      return row && { ...row, state: 'stale', lastSeenAt: timeOf(event.data.lastSeenAt, event.recordedAt) };
    case 'HostRecovered':
      return row && { ...row, state: 'online', lastSeenAt: timeOf(event.data.lastSeenAt, event.recordedAt) };
    case 'HostDraining':
      return row && { ...row, draining: true };
    case 'HostUndrained':
      return row && { ...row, draining: false };
    case 'DeviceDiscovered':
    case 'DeviceChanged':
    case 'DeviceReturned':
    case 'DeviceRenamed':
    case 'DeviceReaddressed':
    case 'DeviceRemoved':
    case 'DeviceMissing':
    case 'DeviceCordoned':
    case 'DeviceUncordoned':
    case 'DeviceTagged':
    case 'DeviceLost':
    case 'DevicesReserved':
    case 'DevicesReleased':
    case 'ReleasePending':
    case 'InventoryDiverged':
    case 'VmStateRecorded':
    case 'VmStateIgnored':
    case 'ReservationRejected':
    case 'ReservationAdopted':
    case 'ReservationOrphaned':
    case 'AttachmentDisputed':
    case 'IsolationLost':
    case 'PromiseBroken':
      return row;
    default:
      return unhandled(event);
  }
};

/** What is shown of a host's state: that nothing is heard of it goes before that it is being emptied. */
export const shownState = ({ state, draining }: Pick<HostRow, 'state' | 'draining'>): HostState =>
  state === 'online' && draining ? 'draining' : state;

export const NO_DEVICES: DeviceCounts = { total: 0, free: 0, held: 0, ineligible: 0, missing: 0 };

/** Every device that is not removed stands in one bucket, so that the buckets sum up to the total. */
const BUCKETS: { readonly [State in Exclude<DeviceState, 'removed'>]: Exclude<keyof DeviceCounts, 'total'> } = {
  available: 'free',
  held: 'held',
  releasing: 'held',
  ineligible: 'ineligible',
  missing: 'missing',
};

/** Moves a device from the bucket of one state to that of another; undefined stands for a device that is not there yet. */
export const moveDevice = (counts: DeviceCounts, from: DeviceState | undefined, to: DeviceState): DeviceCounts => {
  if (from === to) return counts;
  const next = { ...counts };
  for (const [state, by] of [
    [from, -1],
    [to, 1],
  ] as const) {
    if (state === undefined || state === 'removed') continue;
    next.total += by;
    next[BUCKETS[state]] += by;
  }
  return next;
};

export const sameCounts = (a: DeviceCounts, b: DeviceCounts): boolean =>
  a.total === b.total && a.free === b.free && a.held === b.held && a.ineligible === b.ineligible && a.missing === b.missing;
