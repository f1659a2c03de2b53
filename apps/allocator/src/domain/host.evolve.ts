import { unhandled } from '@vfleet/decider';
import type { EventData, ReservedDevice } from '@vfleet/contracts';
import { mergeTags, withTags, type DeviceObservation } from '@vfleet/pci';
import type { Host, HostEvent, HostReservation } from './host.js';
import { patched } from './patched.js';

/** The host after an event. Never rejects: what is in the log has happened. */
export const evolveHost = (host: Host, event: HostEvent): Host => {
  switch (event.type) {
    case 'HostOnline':
      return { ...host, description: event.data.host, status: 'online', epoch: event.data.observed.epoch };
    case 'HostOffline':
      return { ...host, status: 'offline' };
    case 'HostStale':
      return { ...host, status: 'stale' };
    case 'HostRecovered':
      return { ...host, status: 'online' };
    case 'HostDraining':
      return { ...host, draining: true };
    case 'HostUndrained':
      return { ...host, draining: false };
    case 'InventoryDiverged':
      return { ...host, diverged: event.data.digest };
    case 'DeviceDiscovered':
    case 'DeviceChanged':
      return observe(host, event.data, event.data.device);
    case 'DeviceReturned':
      return follow(observe(host, event.data, event.data.device), event.data);
    case 'DeviceRenamed':
      return amend(host, event.data, ({ name: _, ...device }) => (event.data.name === null ? device : { ...device, name: event.data.name }));
    case 'DeviceReaddressed':
      return follow(
        amend(host, event.data, (device) => ({ ...device, address: event.data.address })),
        event.data,
      );
    case 'DeviceRemoved':
      return remove(host, event.data);
    case 'DeviceMissing':
      return { ...amend(host, event.data, (device) => device), missing: new Set(host.missing).add(event.data.deviceId) };
    case 'DeviceCordoned':
      return { ...host, cordoned: new Set(host.cordoned).add(event.data.deviceId) };
    case 'DeviceUncordoned':
      return { ...host, cordoned: without(host.cordoned, event.data.deviceId) };
    case 'DeviceTagged':
      return tag(host, event.data);
    case 'DevicesReserved':
      return reserve(host, event.data);
    case 'DevicesReleased':
      return release(host, event.data);
    case 'ReleasePending':
      return pend(host, event.data);
    case 'ReservationAdopted':
      return adopt(host, event.data);
    case 'ReservationOrphaned':
      return orphan(host, event.data);
    case 'DeviceLost':
    case 'AttachmentDisputed':
    case 'IsolationLost':
    case 'PromiseBroken':
      return host;
    default:
      return unhandled(event);
  }
};

type Observed = Pick<EventData<'DeviceRemoved'>, 'deviceId' | 'observed'>;

const observe = (host: Host, { deviceId, observed }: Observed, device: DeviceObservation): Host => ({
  ...host,
  epoch: observed.epoch > host.epoch ? observed.epoch : host.epoch,
  devices: new Map(host.devices).set(deviceId, device),
  observed: new Map(host.observed).set(deviceId, { epoch: observed.epoch, sequence: observed.sequence }),
  missing: without(host.missing, deviceId),
});

const amend = (host: Host, data: Observed, change: (device: DeviceObservation) => DeviceObservation): Host => {
  const device = host.devices.get(data.deviceId);
  return device ? { ...observe(host, data, change(device)), missing: host.missing } : host;
};

/** A reservation says where its devices are now: by that a platform finds them. */
const follow = (host: Host, { deviceId, address }: Pick<EventData<'DeviceReaddressed'>, 'deviceId' | 'address'>): Host => {
  const vmId = host.holders.get(deviceId);
  const reservation = vmId === undefined ? undefined : host.reservations.get(vmId);
  if (vmId === undefined || !reservation) return host;
  const devices = reservation.devices.map((device) => (device.deviceId === deviceId ? { ...device, address } : device));
  return { ...host, reservations: patched(host.reservations, [[vmId, { ...reservation, devices }]]) };
};

const tag = (host: Host, { deviceId, tags }: EventData<'DeviceTagged'>): Host => {
  const all = new Map(host.tags).set(deviceId, mergeTags(host.tags.get(deviceId), tags));
  const device = host.devices.get(deviceId);
  const devices = device ? new Map(host.devices).set(deviceId, withTags(device, tags)) : host.devices;
  return { ...host, tags: all, devices };
};

const remove = (host: Host, { deviceId, observed }: Observed): Host => {
  const devices = new Map(host.devices);
  devices.delete(deviceId);
  const order = { epoch: observed.epoch, sequence: observed.sequence };
  return { ...host, devices, observed: new Map(host.observed).set(deviceId, order), missing: without(host.missing, deviceId) };
};

const reserve = (host: Host, data: EventData<'DevicesReserved'>): Host => {
  const { reservationId, vmId, devices, requests, reservedAt, unsafe = false, tenant, offering, numaNodes, partial, migrationId } = data;
  const before = host.reservations.get(vmId);
  const onTheirWay = before?.devices.filter(({ deviceId }) => before.releasing.has(deviceId)) ?? [];
  const reservation: HostReservation = {
    reservationId,
    vmId,
    since: reservedAt,
    devices: [...devices, ...onTheirWay],
    requests,
    unsafe,
    ...(offering !== undefined && { offering }),
    ...(numaNodes && { numaNodes }),
    releasing: before?.releasing ?? new Set(),
    ...(tenant !== undefined && { tenant }),
    ...(before?.cause !== undefined && { cause: before.cause }),
    ...(partial && { partial }),
    ...(migrationId !== undefined && { migrationId }),
  };
  return { ...host, holders: held(host, devices, vmId), reservations: patched(host.reservations, [[vmId, reservation]]) };
};

/** Who holds what, when these are held by one; undefined: by nobody. */
const held = ({ holders }: Host, devices: readonly Pick<ReservedDevice, 'deviceId'>[], vmId: string | undefined): Host['holders'] =>
  patched(
    holders,
    devices.map(({ deviceId }) => [deviceId, vmId]),
  );

const release = (host: Host, { vmId, devices }: EventData<'DevicesReleased'>): Host => {
  const gone = new Set(devices.map(({ deviceId }) => deviceId));
  const reservation = host.reservations.get(vmId);
  const left = reservation?.devices.filter(({ deviceId }) => !gone.has(deviceId)) ?? [];
  const releasing = new Set([...(reservation?.releasing ?? [])].filter((deviceId) => !gone.has(deviceId)));
  const partial = reservation?.partial === true || devices.some(({ deviceId }) => reservation?.releasing.has(deviceId) === false);
  const rest = reservation && left.length > 0 ? { ...reservation, devices: left, releasing, ...(partial && { partial }) } : undefined;
  return { ...host, holders: held(host, devices, undefined), reservations: patched(host.reservations, [[vmId, rest]]) };
};

const pend = (host: Host, { vmId, devices, cause }: EventData<'ReleasePending'>): Host => {
  const reservation = host.reservations.get(vmId);
  if (!reservation) return host;
  const releasing = new Set([...reservation.releasing, ...devices.map(({ deviceId }) => deviceId)]);
  return { ...host, reservations: patched(host.reservations, [[vmId, { ...reservation, releasing, cause, partial: true }]]) };
};

const adopt = (host: Host, { vmId, reservationId, devices, adoptedAt, tenant }: EventData<'ReservationAdopted'>): Host => {
  const before = host.reservations.get(vmId);
  const made: HostReservation = before ?? {
    reservationId,
    vmId,
    since: adoptedAt,
    devices: [],
    requests: [],
    unsafe: false,
    releasing: new Set(),
    ...(tenant !== undefined && { tenant }),
  };
  const { orphaned: _, ...known } = made;
  const reservation = { ...known, devices: [...made.devices, ...devices], adopted: true };
  return { ...host, holders: held(host, devices, vmId), reservations: patched(host.reservations, [[vmId, reservation]]) };
};

/** A VM that is unknown loses nothing by that: what is attached to it is. */
const orphan = (host: Host, { vmId, vmUnknown }: EventData<'ReservationOrphaned'>): Host => {
  const reservation = vmUnknown ? undefined : host.reservations.get(vmId);
  return reservation ? { ...host, reservations: new Map(host.reservations).set(vmId, { ...reservation, orphaned: true }) } : host;
};

const without = (set: ReadonlySet<string>, key: string): ReadonlySet<string> => {
  if (!set.has(key)) return set;
  const rest = new Set(set);
  rest.delete(key);
  return rest;
};
