import type { DomainEvent, EventData, Reservation, ReservedDevice, UnmetRequest } from '@vfleet/contracts';
import { chooseDevices, parseRequests, type Ask, type ChosenDevice, type Wish } from '@vfleet/pci';
import type { Fleet, Refusal, Surroundings } from './decision.js';
import { equal } from './equal.js';
import { circumstances, newHost, type Host, type HostReservation } from './host.js';
import { makeWay, stillAttached } from './release.js';
import type { Wishes } from './vm.js';

/** What a VM is given, with the events that give it; or why it is not. */
export type Outcome =
  | { readonly given: Reservation; readonly events: readonly DomainEvent[] }
  | { readonly refused: Refusal; readonly hostId?: string };

interface Wanted {
  readonly vmId: string;
  /** Undefined: any host that serves. */
  readonly hostId?: string;
  readonly wishes: Wishes;
}

/**
 * All the devices that a VM wants, on one host, or none. The VM's own devices count as free to it, so that a changed
 * wish is applied in one step. Holding exactly that already is an outcome without events.
 */
export const reserve = (fleet: Fleet, { vmId, hostId, wishes }: Wanted, surroundings: Surroundings): Outcome => {
  const parsed = parseRequests(wishes.devices);
  if ('faults' in parsed)
    return {
      refused: {
        code: 'INVALID_REQUEST',
        message: parsed.faults.map(({ field, message }) => `${field} ${message}`).join('; '),
        details: parsed.faults,
      },
    };
  if (wishes.offering !== undefined) return { refused: { code: 'OFFERING_NOT_FOUND', message: `there is no offering ${wishes.offering}` } };
  if (hostId !== undefined) return onHost(fleet.host(hostId) ?? newHost(hostId), vmId, wishes, parsed.asks, surroundings);

  const current = fleet.hostsOf(vmId).at(-1);
  let nearest: Outcome | undefined;
  for (const candidate of current === undefined ? fleet.hostIds() : [current, ...fleet.hostIds()]) {
    const outcome = onHost(fleet.host(candidate) as Host, vmId, wishes, parsed.asks, surroundings);
    if ('given' in outcome) return outcome;
    nearest = closer(nearest, outcome);
  }
  return nearest ?? { refused: { code: 'UNSATISFIABLE', message: 'there is no host', unmet: parsed.asks.map(nothingFor) } };
};

const onHost = (host: Host, vmId: string, wishes: Wishes, asks: readonly Ask[], { now, newId }: Surroundings): Outcome => {
  const { hostId } = host;
  const held = host.reservations.get(vmId);
  if (held && sameWish(held, wishes)) return { given: toReservation(hostId, held), events: [] };
  if (host.status === 'unknown' && host.devices.size === 0)
    return { hostId, refused: { code: 'HOST_UNKNOWN', message: `host ${hostId} has never been heard of`, unmet: asks.map(nothingFor) } };
  const choice = chooseBeside(host, { vmId, asks, ...(wishes.numaNodes && { numaNodes: wishes.numaNodes }) });
  if ('unmet' in choice) return { hostId, refused: unsatisfied(hostId, choice.unmet as readonly UnmetRequest[]) };
  const data: EventData<'DevicesReserved'> = {
    vmId,
    hostId,
    reservationId: newId(),
    devices: choice.chosen.map(toReserved),
    requests: wishes.devices,
    reservedAt: now,
    ...(host.description?.unsafeIommuGroups === true && { unsafe: true }),
  };
  const given = new Set(data.devices.map(({ deviceId }) => deviceId));
  return { given: toGiven(data), events: [...makeWay(host, vmId, given, 'changed-wish', now), { type: 'DevicesReserved', data }] };
};

/**
 * Chooses beside what stays attached to the VM from before: a device that the new wish drops and that its host still
 * has attached is not free yet, so that nothing may be chosen that excludes it (a VF of a PF on its way back).
 */
const chooseBeside = (host: Host, wish: Wish): ReturnType<typeof chooseDevices> => {
  const around = circumstances(host);
  const holders = new Map(around.holders);
  for (;;) {
    const choice = chooseDevices({ ...around, holders }, wish);
    if ('unmet' in choice) return choice;
    const chosen = new Set(choice.chosen.map(({ device }) => device.deviceId));
    const clashing = stillAttached(host, wish.vmId, chosen).filter(({ deviceId }) => {
      const device = host.devices.get(deviceId);
      return device && holders.get(deviceId) === wish.vmId && around.topology.rivalsOf(device).some((rival) => chosen.has(rival.deviceId));
    });
    if (clashing.length === 0) return choice;
    for (const { deviceId } of clashing) holders.set(deviceId, `${wish.vmId}, attached from before`);
  }
};

/** What a VM holds is what it wants when the requests are the same and nothing of it is on its way back. */
export const sameWish = (held: HostReservation, wishes: Wishes): boolean => held.releasing.size === 0 && equal(held.requests, wishes.devices);

const toReserved = ({ device: { deviceId, address, kind, name }, requestName, affected }: ChosenDevice): ReservedDevice => ({
  deviceId,
  address,
  requestName,
  kind,
  ...(name !== undefined && { name }),
  ...(affected && { affected }),
});

const toGiven = ({ reservationId, vmId, hostId, reservedAt, devices, unsafe }: EventData<'DevicesReserved'>): Reservation => ({
  reservationId,
  vmId,
  hostId,
  state: 'held',
  since: reservedAt,
  devices,
  ...(unsafe && { unsafe }),
});

export const toReservation = (hostId: string, held: HostReservation): Reservation => ({
  reservationId: held.reservationId,
  vmId: held.vmId,
  hostId,
  state: held.devices.every(({ deviceId }) => held.releasing.has(deviceId)) ? 'releasing' : 'held',
  since: held.since,
  devices: [...held.devices],
  ...(held.unsafe && { unsafe: true }),
});

const unsatisfied = (hostId: string, unmet: readonly UnmetRequest[]): Refusal => ({
  code: 'UNSATISFIABLE',
  message: `host ${hostId} cannot serve ${unmet.map(({ requestName, asked, matched, free }) => `${requestName} (${asked} asked, ${matched} there, ${free} free)`).join(', ')}`,
  unmet,
});

const nothingFor = ({ requestName, count }: Ask): UnmetRequest => ({ requestName, asked: count, matched: 0, free: 0, reasons: [] });

/** Of two hosts that cannot serve, the one that is nearer to it explains the refusal. */
const closer = (a: Outcome | undefined, b: Outcome): Outcome => (a === undefined || shortfall(b) < shortfall(a) ? b : a);
const shortfall = (outcome: Outcome): number =>
  'refused' in outcome ? (outcome.refused.unmet ?? []).reduce((sum, { asked, free }) => sum + Math.max(1, asked - free), 0) : 0;
