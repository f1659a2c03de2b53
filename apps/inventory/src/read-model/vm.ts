import { unhandled } from '@vfleet/decider';
import type { EventData, Reservation, ReservedDevice, Vm, VmState, VmWishes } from '@vfleet/contracts';
import { isCatalogEvent, isMigrationEvent, timeOf, type KnownEvent } from './known-event.js';
import { isHeld, moveAfter, settled } from './vm-move.js';

/** What a VM holds on one host. A device in `releasing` was let go, and its host has not attested yet that it is free. */
export interface Hold {
  readonly reservationId: string;
  readonly hostId: string;
  readonly since: string;
  readonly devices: readonly ReservedDevice[];
  readonly releasing: readonly string[];
  readonly unsafe: boolean;
  /** Something of it was found attached on its host; nobody asked for it. */
  readonly adopted?: boolean;
  /** Its host no longer has any of it attached, and nobody said that the VM has ended. */
  readonly orphaned?: boolean;
  /** For whom it was reserved. */
  readonly tenant?: string;
  /** Held on the target of this migration, beside what the VM holds on its source; gone when that is settled. */
  readonly migrationId?: string;
}

/** The newest state that was seen of a VM, in the platform's order. */
export interface SeenState {
  readonly state: VmState;
  readonly hostId: string | null;
  readonly sequence: number | null;
  readonly occurredAt: string;
  readonly tenant?: string;
}

export interface VmRow {
  readonly vmId: string;
  /** When it was first heard of here. */
  readonly since: string;
  /** Null for a VM for which devices were reserved before its platform reported it. */
  readonly seen: SeenState | null;
  readonly wishes: VmWishes;
  /** By host, the newest hold last. */
  readonly holds: readonly Hold[];
  /** The migration that it is in the middle of. */
  readonly migrationId: string | null;
}

/** The row after an event; null for a VM that has nothing to do with devices. */
export const applyToVm = (row: VmRow | null, vmId: string, event: KnownEvent): VmRow | null => {
  if (isCatalogEvent(event)) return row;
  if (isMigrationEvent(event)) return row && { ...row, migrationId: moveAfter(row.migrationId, event) };
  switch (event.type) {
    case 'VmStateRecorded':
      return record(row ?? newVm(vmId, event.recordedAt), event.data, event.recordedAt);
    case 'DevicesReserved':
      return reserve(row ?? newVm(vmId, event.recordedAt), event.data, event.recordedAt);
    case 'ReservationAdopted':
      return adopt(row ?? newVm(vmId, event.recordedAt), event.data, event.recordedAt);
    case 'ReservationOrphaned':
      return row && orphan(row, event.data);
    case 'DeviceReaddressed':
    case 'DeviceReturned':
      return row && follow(row, event.data);
    case 'DevicesReleased':
      return row && release(row, event.data);
    case 'ReleasePending':
      return row && pend(row, event.data);
    case 'DeviceDiscovered':
    case 'DeviceChanged':
    case 'DeviceRenamed':
    case 'DeviceRemoved':
    case 'DeviceMissing':
    case 'DeviceCordoned':
    case 'DeviceUncordoned':
    case 'DeviceTagged':
    case 'DeviceLost':
    case 'HostOnline':
    case 'HostOffline':
    case 'HostStale':
    case 'HostRecovered':
    case 'HostDraining':
    case 'HostUndrained':
    case 'InventoryDiverged':
    case 'VmStateIgnored':
    case 'ReservationRejected':
    case 'AttachmentDisputed':
    case 'IsolationLost':
    case 'PromiseBroken':
      return row;
    default:
      return unhandled(event);
  }
};

const newVm = (vmId: string, since: string): VmRow => ({ vmId, since, seen: null, wishes: { devices: [] }, holds: [], migrationId: null });

const record = (row: VmRow, data: EventData<'VmStateRecorded'>, recordedAt: string): VmRow => {
  const { state, hostId = null, sequence = null, occurredAt, devices, offering, numaNodes, tenant } = data;
  return {
    ...row,
    seen: { state, hostId, sequence, occurredAt: timeOf(occurredAt, recordedAt), ...(tenant !== undefined && { tenant }) },
    wishes: { devices, ...(offering !== undefined && { offering }), ...(numaNodes && { numaNodes }) },
  };
};

/** A new reservation on a host follows the one before; what is still on its way back there stays with it. */
const reserve = (
  row: VmRow,
  { reservationId, hostId, devices, reservedAt, unsafe = false, tenant, migrationId }: EventData<'DevicesReserved'>,
  recordedAt: string,
): VmRow => {
  const before = row.holds.find((hold) => hold.hostId === hostId);
  const onTheirWay = before?.devices.filter(({ deviceId }) => before.releasing.includes(deviceId)) ?? [];
  const since = timeOf(reservedAt, recordedAt);
  const hold = {
    reservationId,
    hostId,
    since,
    devices: [...devices, ...onTheirWay],
    releasing: before?.releasing ?? [],
    unsafe,
    ...(tenant !== undefined && { tenant }),
    ...(migrationId !== undefined && { migrationId }),
  };
  return { ...row, holds: [...row.holds.filter((other) => other !== before), hold] };
};

/** What was found attached comes to what the VM holds there already. */
const adopt = (row: VmRow, { reservationId, hostId, devices, adoptedAt, tenant }: EventData<'ReservationAdopted'>, recordedAt: string): VmRow => {
  const before = row.holds.find((hold) => hold.hostId === hostId);
  const found = new Set(devices.map(({ deviceId }) => deviceId));
  const hold: Hold = {
    ...(before ?? { hostId, since: timeOf(adoptedAt, recordedAt), unsafe: false }),
    reservationId,
    adopted: true,
    ...(tenant !== undefined && { tenant }),
    devices: [...(before?.devices ?? []).filter(({ deviceId }) => !found.has(deviceId)), ...devices],
    releasing: (before?.releasing ?? []).filter((deviceId) => !found.has(deviceId)),
    orphaned: false,
  };
  return { ...row, holds: [...row.holds.filter((other) => other !== before), hold] };
};

/** A VM that is unknown has what was found attached to it all the same. */
const orphan = (row: VmRow, { hostId, vmUnknown }: EventData<'ReservationOrphaned'>): VmRow =>
  vmUnknown ? row : { ...row, holds: row.holds.map((hold) => (hold.hostId === hostId ? { ...hold, orphaned: true } : hold)) };

/** A reservation says where its devices are now. */
const follow = (row: VmRow, { deviceId, address }: Pick<EventData<'DeviceReaddressed'>, 'deviceId' | 'address'>): VmRow => {
  const moved = (device: ReservedDevice): ReservedDevice => (device.deviceId === deviceId ? { ...device, address } : device);
  return { ...row, holds: row.holds.map((hold) => ({ ...hold, devices: hold.devices.map(moved) })) };
};

const release = (row: VmRow, { hostId, devices }: EventData<'DevicesReleased'>): VmRow => {
  const gone = new Set(devices.map(({ deviceId }) => deviceId));
  const holds = row.holds.flatMap((hold) => {
    if (hold.hostId !== hostId) return [hold];
    const left = hold.devices.filter(({ deviceId }) => !gone.has(deviceId));
    return left.length > 0 ? [{ ...hold, devices: left, releasing: hold.releasing.filter((deviceId) => !gone.has(deviceId)) }] : [];
  });
  return { ...row, holds: settled(holds) };
};

const pend = (row: VmRow, { hostId, devices }: EventData<'ReleasePending'>): VmRow => {
  const pending = devices.map(({ deviceId }) => deviceId);
  const holds = row.holds.map((hold) => (hold.hostId === hostId ? { ...hold, releasing: [...new Set([...hold.releasing, ...pending])] } : hold));
  return { ...row, holds: settled(holds) };
};

/** Whether every word on whose a VM is names that tenant, and there is one. */
export const isOfTenant = ({ seen, holds }: VmRow, tenant: string): boolean => {
  const said = new Set([seen?.tenant, ...holds.map((hold) => hold.tenant)]);
  said.delete(undefined);
  return said.size === 1 && said.has(tenant);
};

/** What is shown of a VM; undefined when nothing was ever seen of it. `marked`: the newest state of a VM whose states leave no event. */
export const showVm = (vmId: string, row: VmRow | null, marked: SeenState | null): Vm | undefined => {
  const known = row ?? (marked && newVm(vmId, marked.occurredAt));
  if (!known) return undefined;
  const { wishes, holds, since } = known;
  const reservation = shownHold(vmId, holds);
  const seen = newer(known.seen, marked);
  const tenant = known.seen?.tenant ?? marked?.tenant;
  return {
    vmId,
    state: seen?.state ?? 'unknown',
    hostId: seen?.hostId ?? reservation?.hostId ?? null,
    sequence: seen?.sequence ?? null,
    occurredAt: seen?.occurredAt ?? since,
    wishes,
    reservation,
    devices: reservation?.devices ?? [],
    ...(tenant !== undefined && { tenant }),
    ...(known.migrationId !== null && { migrationId: known.migrationId }),
  };
};

/** Of a VM that moves, what it holds where it comes from. */
const shownHold = (vmId: string, holds: readonly Hold[]): Reservation | null => {
  const held = holds.filter((hold) => isHeld(hold));
  const hold = held.findLast(({ migrationId }) => migrationId === undefined) ?? held.at(-1) ?? holds.at(-1);
  return hold ? showHold(vmId, hold) : null;
};

const newer = (recorded: SeenState | null, marked: SeenState | null): SeenState | null => {
  if (!recorded || !marked) return recorded ?? marked;
  const ordered = recorded.sequence !== null && marked.sequence !== null;
  const later = ordered ? marked.sequence > recorded.sequence : marked.occurredAt > recorded.occurredAt;
  return later ? marked : recorded;
};

const showHold = (vmId: string, { reservationId, hostId, since, devices, releasing, unsafe, adopted, orphaned }: Hold): Reservation => ({
  reservationId,
  vmId,
  hostId,
  state: isHeld({ devices, releasing }) ? 'held' : 'releasing',
  since,
  devices: [...devices],
  ...(unsafe && { unsafe }),
  ...(adopted && { adopted }),
  ...(orphaned && { orphaned }),
});
