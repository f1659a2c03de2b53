import { unhandled } from '@vfleet/decider';
import type { EventData, ReservedDevice } from '@vfleet/contracts';
import { mergeTags, withTags, type DeviceObservation, type TagChanges } from '@vfleet/pci';
import { isCatalogEvent, isMigrationEvent, timeOf, type KnownEvent } from './known-event.js';

/** Who holds a device. `releasing`: the VM has let go, its host still has the device attached. */
export interface Holder {
  readonly vmId: string;
  readonly requestName: string;
  readonly since: string;
  readonly releasing: boolean;
}

/** What the log says of one device; what follows from its neighbours stands in its verdict. */
export interface DeviceRow {
  readonly deviceId: string;
  readonly hostId: string;
  readonly observation: DeviceObservation;
  /** `missing`: vanished while held. A removed device stays as a row, so that it can be asked for by its id. */
  readonly presence: 'present' | 'missing' | 'removed';
  readonly holder: Holder | null;
  readonly cordoned: boolean;
  /** What an operator said of its tags; the observation has it applied. */
  readonly tagged: TagChanges;
  readonly firstSeenAt: string;
  readonly lastSeenAt: string;
}

/** The row after an event; null where there is none, because the device was never observed. */
export const applyToDevice = (row: DeviceRow | null, deviceId: string, event: KnownEvent): DeviceRow | null => {
  if (isMigrationEvent(event) || isCatalogEvent(event)) return row;
  switch (event.type) {
    case 'DeviceDiscovered':
    case 'DeviceChanged':
    case 'DeviceReturned':
      return observe(row, event.data, event.recordedAt);
    case 'DeviceRenamed': {
      const { name, observed } = event.data;
      return row && { ...row, observation: rename(row.observation, name), lastSeenAt: timeOf(observed.observedAt, event.recordedAt) };
    }
    case 'DeviceReaddressed': {
      const { address, observed } = event.data;
      return row && { ...row, observation: { ...row.observation, address }, lastSeenAt: timeOf(observed.observedAt, event.recordedAt) };
    }
    case 'DeviceRemoved':
      return row && { ...row, presence: 'removed' };
    case 'DeviceMissing':
      return row && { ...row, presence: 'missing' };
    case 'DeviceCordoned':
      return row && { ...row, cordoned: true };
    case 'DeviceUncordoned':
      return row && { ...row, cordoned: false };
    case 'DeviceTagged': {
      const { tags } = event.data;
      return row && { ...row, tagged: mergeTags(row.tagged, tags), observation: withTags(row.observation, tags) };
    }
    case 'DevicesReserved': {
      const { vmId, devices, reservedAt } = event.data;
      return row && { ...row, holder: heldBy(vmId, deviceId, devices, timeOf(reservedAt, event.recordedAt)) };
    }
    case 'ReservationAdopted': {
      const { vmId, devices, adoptedAt } = event.data;
      return row && { ...row, holder: heldBy(vmId, deviceId, devices, timeOf(adoptedAt, event.recordedAt)) };
    }
    case 'ReleasePending':
      return row && { ...row, holder: row.holder && { ...row.holder, releasing: true } };
    case 'DevicesReleased':
      return row && { ...row, holder: null };
    case 'DeviceLost':
    case 'HostOnline':
    case 'HostOffline':
    case 'HostStale':
    case 'HostRecovered':
    case 'HostDraining':
    case 'HostUndrained':
    case 'InventoryDiverged':
    case 'VmStateRecorded':
    case 'VmStateIgnored':
    case 'ReservationRejected':
    case 'ReservationOrphaned':
    case 'AttachmentDisputed':
    case 'IsolationLost':
    case 'PromiseBroken':
      return row;
    default:
      return unhandled(event);
  }
};

const heldBy = (vmId: string, deviceId: string, devices: readonly ReservedDevice[], since: string): Holder => ({
  vmId,
  requestName: devices.find((device) => device.deviceId === deviceId)?.requestName ?? '',
  since,
  releasing: false,
});

const observe = (row: DeviceRow | null, { hostId, deviceId, device, observed }: EventData<'DeviceDiscovered'>, recordedAt: string): DeviceRow => {
  const seenAt = timeOf(observed.observedAt, recordedAt);
  return {
    deviceId,
    hostId,
    observation: withTags(device, row?.tagged),
    presence: 'present',
    holder: row?.holder ?? null,
    cordoned: row?.cordoned ?? false,
    tagged: row?.tagged ?? {},
    firstSeenAt: row?.firstSeenAt ?? seenAt,
    lastSeenAt: seenAt,
  };
};

const rename = ({ name: _, ...device }: DeviceObservation, name: string | null): DeviceObservation => (name === null ? device : { ...device, name });
