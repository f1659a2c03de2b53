import type { ApiRequest } from '@vfleet/contracts';
import { wishesNothing, type Wishes } from './vm.js';
import type { Decision, Fleet, Surroundings } from './decision.js';
import { letGo } from './release.js';
import { holdsSomething, sameWish, toReservation } from './reservation.js';
import { reserve } from './reserve.js';
import { tenantOfVm } from './tenant.js';
import { countReleased, rejected } from './vm.decider.js';

/** `actor`: the tenant that asks; undefined for whoever may ask for all VMs. */
interface AskedBy<Request> {
  readonly request: Request;
  readonly actor?: string;
}

/**
 * A reservation asked for directly. The same request again answers the same reservation; another wish for a VM that
 * holds something is a conflict. A dry run decides alike and records nothing. To a tenant the VMs of others are not there,
 * nor are those that nobody has told of: whose a VM is says its platform, not who comes first.
 */
export const decideReserve = (
  fleet: Fleet,
  { request, actor }: AskedBy<ApiRequest<'reservations.reserve'>>,
  surroundings: Surroundings,
): Decision => {
  const { vmId, hostId, dryRun = false } = request;
  const wishes: Wishes = {
    devices: request.devices ?? [],
    ...(request.offering !== undefined && { offering: request.offering }),
    ...(request.numaNodes && { numaNodes: request.numaNodes }),
  };
  if (wishesNothing(wishes)) return invalid('devices', 'asks for nothing');
  if (actor !== undefined && tenantOfVm(fleet, vmId) !== actor) return noVm(vmId);
  for (const holding of fleet.hostsOf(vmId)) {
    const held = fleet.host(holding)?.reservations.get(vmId);
    if (!held || !holdsSomething(held)) continue;
    const same = sameWish(held, wishes) && (hostId === undefined || hostId === holding);
    if (same) return { events: [], answer: { kind: 'reservation', reservation: toReservation(holding, held) } };
    const refusal = {
      code: 'ALREADY_EXISTS',
      message: `${vmId} holds something else on ${holding}`,
      details: { reservation: toReservation(holding, held) },
    };
    return { events: [], answer: { kind: 'conflict', refusal } };
  }
  const tenant = actor ?? request.tenant ?? fleet.vm(vmId)?.tenant;
  const outcome = reserve(fleet, { vmId, wishes, ...(hostId && { hostId }), ...(tenant !== undefined && { tenant }) }, surroundings);
  if ('given' in outcome) {
    const { reservationId: _, ...planned } = outcome.given;
    return dryRun
      ? { events: [], answer: { kind: 'reservation', reservation: planned } }
      : { events: outcome.events, answer: { kind: 'reservation', reservation: outcome.given } };
  }
  const silent = dryRun || outcome.refused.code === 'INVALID_REQUEST';
  return { events: silent ? [] : [rejected(vmId, outcome)], answer: { kind: 'refused', refusal: outcome.refused } };
};

const noVm = (vmId: string): Decision => ({
  events: [],
  answer: { kind: 'missing', refusal: { code: 'VM_NOT_FOUND', message: `there is no VM ${vmId}` } },
});

const invalid = (field: string, message: string): Decision => ({
  events: [],
  answer: { kind: 'refused', refusal: { code: 'INVALID_REQUEST', message: `${field} ${message}`, details: [{ field, message }] } },
});

/**
 * A release asked for directly, by VM, and by reservation where one is named. Nothing to release is no error; to a tenant
 * there is nothing of others' VMs.
 */
export const decideRelease = (fleet: Fleet, { request, actor }: AskedBy<ApiRequest<'reservations.release'>>, { now }: Surroundings): Decision => {
  const { vmId, reservationId } = request;
  const isOthers = (one: string): boolean => actor !== undefined && tenantOfVm(fleet, one) !== actor;
  if (isOthers(vmId)) return NOTHING_RELEASED;
  const holding = fleet.hostsOf(vmId).flatMap((hostId) => fleet.host(hostId) ?? []);
  const others = holding.filter((host) => reservationId !== undefined && host.reservations.get(vmId)?.reservationId !== reservationId);
  const stranger = holding.length === 0 && reservationId !== undefined ? ownerOf(fleet, reservationId) : undefined;
  if (stranger !== undefined && !isOthers(stranger)) {
    const refusal = { code: 'RESERVATION_MISMATCH', message: `${reservationId} is a reservation of ${stranger}`, details: { held: [] } };
    return { events: [], answer: { kind: 'conflict', refusal } };
  }
  if (others.length > 0 && others.length === holding.length) {
    const held = others.map((host) => host.reservations.get(vmId)?.reservationId);
    const refusal = { code: 'RESERVATION_MISMATCH', message: `${vmId} holds another reservation`, details: { held } };
    return { events: [], answer: { kind: 'conflict', refusal } };
  }
  const events = holding.filter((host) => !others.includes(host)).flatMap((host) => letGo(host, vmId, 'request', now));
  const count = countReleased(events);
  return { events, answer: { kind: 'released', released: count } };
};

const NOTHING_RELEASED: Decision = { events: [], answer: { kind: 'released', released: 0 } };

/** Whose reservation that is; looked for only where a VM names one and holds nothing. */
const ownerOf = (fleet: Fleet, reservationId: string): string | undefined => {
  for (const hostId of fleet.hostIds())
    for (const held of fleet.host(hostId)?.reservations.values() ?? []) if (held.reservationId === reservationId) return held.vmId;
  return undefined;
};
