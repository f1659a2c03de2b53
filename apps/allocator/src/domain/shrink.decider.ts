import type { DomainEvent, EventData, ReservedDevice, ShrinkVm } from '@vfleet/contracts';
import type { Decision, Fleet, Refusal, Surroundings } from './decision.js';
import { fewerRequests } from './fewer-requests.js';
import { topology, type Host } from './host.js';
import { ownHold, refusedOnTheMove, type Hold } from './moves.js';
import { letGo, makeWay } from './release.js';
import { toGiven, toReservation } from './reservation.js';
import { rewished } from './vm.js';

/** A VM gives back one request, or one device. What it does not hold has been given back: nothing happens. */
export const decideShrink = (fleet: Fleet, request: ShrinkVm, surroundings: Surroundings): Decision => {
  const { vmId, requestName, deviceId } = request;
  if ((requestName === undefined) === (deviceId === undefined)) return invalid('requestName', 'or deviceId must stand, and only one of them');
  const onTheMove = refusedOnTheMove(fleet, vmId);
  if (onTheMove) return conflicting(onTheMove);
  const own = ownHold(fleet, vmId);
  if (!own) return { events: [], answer: { kind: 'shrunk', reservation: null, removed: [] } };
  const held = own.held.devices.filter((device) => !own.held.releasing.has(device.deviceId));
  const named = held.filter((device) => device.requestName === requestName || device.deviceId === deviceId);
  const dropped = named.filter(({ affected }) => !affected);
  const [first] = named;
  if (first && dropped.length === 0)
    return conflicting({ code: 'IOMMU_GROUP_IN_USE', message: `${first.address} goes along with the IOMMU group of ${first.requestName}` });
  if (!first) return { events: [], answer: { kind: 'shrunk', reservation: toReservation(own.host.hostId, own.held), removed: [] } };
  return shrink(fleet, own, { held, dropped }, surroundings);
};

interface Shrinking {
  readonly held: readonly ReservedDevice[];
  readonly dropped: readonly ReservedDevice[];
}

/** What is in an IOMMU group with a device that stays, stays with it: groups are passed whole. What has vanished is given up. */
const shrink = (fleet: Fleet, own: Hold, { held, dropped }: Shrinking, surroundings: Surroundings): Decision => {
  const { host } = own;
  const asked = held.filter((device) => !device.affected && !dropped.includes(device) && !host.missing.has(device.deviceId));
  const stays = held.flatMap((device): readonly ReservedDevice[] => {
    if (asked.includes(device)) return [device];
    if (host.missing.has(device.deviceId)) return [];
    const bringer = asked.find((one) => shareGroup(host, one, device));
    const { keepOnStop: _, ...rest } = device;
    return bringer ? [{ ...rest, requestName: bringer.requestName, affected: true, ...(bringer.keepOnStop && { keepOnStop: true }) }] : [];
  });
  const staying = new Set(stays.map(({ deviceId }) => deviceId));
  const removed = held.filter(({ deviceId }) => !staying.has(deviceId));
  const touched = new Set(dropped.map(({ requestName }) => requestName));
  const fewer = fewerRequests(fleet.catalog(), own.held, { touched, stays, deviceOf: (deviceId) => host.devices.get(deviceId) }, surroundings);
  const wishes = rewished(fleet.vm(own.held.vmId), own.held, fewer);
  if (stays.length === 0) {
    const events = [...letGo(host, own.held.vmId, 'detached', surroundings.now), ...wishes];
    return { events, answer: { kind: 'shrunk', reservation: null, removed } };
  }
  const vanished = removed.some((device) => !device.affected && !dropped.includes(device));
  const data = { ...remaining(own, stays, fewer), ...((own.held.partial || vanished) && { partial: true }) };
  const reserved: DomainEvent = { type: 'DevicesReserved', data };
  return {
    events: [...makeWay(host, own.held.vmId, staying, 'detached', surroundings.now), reserved, ...wishes],
    answer: { kind: 'shrunk', reservation: toGiven(data), removed },
  };
};

const remaining = (
  { host, held }: Hold,
  devices: readonly ReservedDevice[],
  fewer: ReturnType<typeof fewerRequests>,
): EventData<'DevicesReserved'> => ({
  vmId: held.vmId,
  hostId: host.hostId,
  reservationId: held.reservationId,
  devices: [...devices],
  reservedAt: held.since,
  ...fewer,
  ...(held.tenant !== undefined && { tenant: held.tenant }),
  ...(held.unsafe && { unsafe: true }),
});

const shareGroup = (host: Host, one: ReservedDevice, other: ReservedDevice): boolean => {
  const device = host.devices.get(one.deviceId);
  return (
    device !== undefined &&
    host.description?.unsafeIommuGroups !== true &&
    topology(host)
      .groupOf(device)
      .some(({ deviceId }) => deviceId === other.deviceId)
  );
};

const invalid = (field: string, message: string): Decision => ({
  events: [],
  answer: { kind: 'refused', refusal: { code: 'INVALID_REQUEST', message: `${field} ${message}`, details: [{ field, message }] } },
});
const conflicting = (refusal: Refusal): Decision => ({ events: [], answer: { kind: 'conflict', refusal } });
