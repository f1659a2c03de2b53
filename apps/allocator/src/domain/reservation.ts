import type { EventData, Reservation, ReservedDevice, UnmetRequest } from '@vfleet/contracts';
import { leastCount, type Ask, type ChosenDevice } from '@vfleet/pci';
import { equal } from './equal.js';
import type { Host, HostReservation } from './host.js';
import { networkOf } from './network-of.js';
import type { Wishes } from './vm.js';

/** What a VM holds is what it wants when it was reserved for the same requests and NUMA nodes, and all of it is still there. */
export const sameWish = (held: HostReservation, { devices, offering, numaNodes = held.numaNodes }: Wishes): boolean =>
  !held.partial &&
  !held.adopted &&
  held.offering === offering &&
  equal(held.numaNodes ?? numaNodes, numaNodes) &&
  equal(held.requests.map(counted), devices.map(counted));

/** One device is meant where no count is written. */
const counted = (request: HostReservation['requests'][number]): object => ({ count: 1, ...request });

/** Whether a device of a reservation has vanished from its host. */
export const hasLost = (host: Host, { devices }: HostReservation): boolean => devices.some(({ deviceId }) => host.missing.has(deviceId));

/** Whether a VM holds anything that is not on its way back. */
export const holdsSomething = ({ devices, releasing }: HostReservation): boolean => devices.some(({ deviceId }) => !releasing.has(deviceId));

export const toReserved = ({ device, requestName, affected, alternative: { keepOnStop, migration } }: ChosenDevice): ReservedDevice => {
  const { deviceId, address, kind, name } = device;
  return {
    deviceId,
    address,
    requestName,
    kind,
    ...(name !== undefined && { name }),
    ...(affected && { affected }),
    ...(keepOnStop && { keepOnStop: true }),
    ...networkOf(device),
    ...(migration && !affected && { migration }),
  };
};

/** A reservation as it is told, of the event that made it. */
export const toGiven = ({ reservationId, vmId, hostId, reservedAt, devices, unsafe }: EventData<'DevicesReserved'>): Reservation => ({
  reservationId,
  vmId,
  hostId,
  state: 'held',
  since: reservedAt,
  devices,
  ...(unsafe && { unsafe }),
});

/** A reservation as it is told. */
export const toReservation = (hostId: string, held: HostReservation): Reservation => ({
  reservationId: held.reservationId,
  vmId: held.vmId,
  hostId,
  state: holdsSomething(held) ? 'held' : 'releasing',
  since: held.since,
  devices: [...held.devices],
  ...(held.unsafe && { unsafe: true }),
  ...(held.adopted && { adopted: true }),
  ...(held.orphaned && { orphaned: true }),
  ...(held.migrationId !== undefined && { migrationId: held.migrationId }),
});

export const nothingFor = (ask: Ask): UnmetRequest => ({ requestName: ask.requestName, asked: leastCount(ask), matched: 0, free: 0, reasons: [] });
