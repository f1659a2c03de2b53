import type { DomainEvent, ReservedDevice } from '@vfleet/contracts';
import type { Host, HostReservation } from './host.js';

/**
 * A VM lets go of what it holds on a host, or of those devices that it does not keep. What the host last attested as
 * attached to it stays out of reach until the host attests that it is free; the rest is free at once.
 */
export const letGo = (
  host: Host,
  vmId: string,
  cause: string,
  now: string,
  keeps: (device: ReservedDevice) => boolean = () => false,
): readonly DomainEvent[] => {
  const reservation = host.reservations.get(vmId);
  if (!reservation) return [];
  // A VM that was to move here without any of its devices.
  if (reservation.devices.length === 0) return released(host, reservation, [], cause, now);
  const held = reservation.devices.filter((device) => !reservation.releasing.has(device.deviceId) && !keeps(device));
  const attached = held.filter(({ deviceId }) => isAttached(host, vmId, deviceId));
  const free = held.filter((device) => !attached.includes(device));
  return [
    ...(attached.length > 0 ? [pending(host, reservation, attached, cause)] : []),
    ...(free.length > 0 ? released(host, reservation, free, cause, now) : []),
  ];
};

/**
 * What a VM holds on a host makes way for what it is given there now, in one step. What it keeps is released and
 * reserved again, so that the log reads as one reservation after the other; what it drops goes as in `letGo`.
 */
export const makeWay = (host: Host, vmId: string, given: ReadonlySet<string>, cause: string, now: string): readonly DomainEvent[] => {
  const reservation = host.reservations.get(vmId);
  if (!reservation) return [];
  const attached = stillAttached(host, vmId, given);
  const newlyPending = attached.filter(({ deviceId }) => !reservation.releasing.has(deviceId));
  const free = reservation.devices.filter((device) => !attached.includes(device));
  return [
    ...(newlyPending.length > 0 ? [pending(host, reservation, newlyPending, cause)] : []),
    ...(free.length > 0 ? released(host, reservation, free, cause, now) : []),
  ];
};

/** What a VM holds on a host, is not given anew, and is attached as far as the host last said. */
export const stillAttached = (host: Host, vmId: string, given: ReadonlySet<string>): readonly ReservedDevice[] =>
  host.reservations.get(vmId)?.devices.filter(({ deviceId }) => !given.has(deviceId) && isAttached(host, vmId, deviceId)) ?? [];

export const isAttached = (host: Host, vmId: string, deviceId: string): boolean =>
  host.seen?.attachments?.includes(`${vmId} ${host.devices.get(deviceId)?.address}`) === true;

const pending = ({ hostId }: Host, { vmId, reservationId }: HostReservation, devices: readonly ReservedDevice[], cause: string): DomainEvent => ({
  type: 'ReleasePending',
  data: { vmId, hostId, reservationId, devices: [...devices], cause },
});

/** Devices are free; one that vanished while it was held is gone with that. */
export const released = (
  host: Host,
  { vmId, reservationId }: HostReservation,
  devices: readonly ReservedDevice[],
  cause: string,
  now: string,
): readonly DomainEvent[] => {
  const { hostId } = host;
  const gone = devices.filter(({ deviceId }) => host.missing.has(deviceId));
  return [
    { type: 'DevicesReleased', data: { vmId, hostId, reservationId, devices: [...devices], cause } },
    ...gone.map(({ deviceId, address }): DomainEvent => {
      const { epoch, sequence } = host.observed.get(deviceId) ?? { epoch: host.epoch, sequence: 0 };
      const observed = { epoch, sequence, observedAt: now };
      return { type: 'DeviceRemoved', data: { hostId, deviceId, address, reason: 'vanished while it was held', observed } };
    }),
  ];
};
