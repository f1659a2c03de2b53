import type { DomainEvent, EventData, Reservation, ReservedDevice, UnmetRequest } from '@vfleet/contracts';
import { chooseDevices, sayMissing, type Choice, type ChosenDevice, type Wish } from '@vfleet/pci';
import type { Fleet, Refusal, Surroundings } from './decision.js';
import { requestsOf } from './held-requests.js';
import { attributesOn, circumstances, newHost, type Host, type HostReservation } from './host.js';
import { ownHold } from './moves.js';
import { parsedWishes } from './parsed-wishes.js';
import { overQuota, quotaObjection, type Grant } from './quota.js';
import { makeWay, stillAttached } from './release.js';
import { hasLost, nothingFor, sameWish, toGiven, toReservation, toReserved } from './reservation.js';
import type { Wishes } from './vm.js';

/** What a VM is given, with the events that give it; or why it is not. */
export type Outcome =
  | { readonly given: Reservation; readonly events: readonly DomainEvent[] }
  | { readonly refused: Refusal; readonly hostId?: string };

export interface Wanted {
  readonly vmId: string;
  /** Undefined: any host that serves. */
  readonly hostId?: string;
  readonly wishes: Wishes;
  readonly tenant?: string;
  /** The VM starts anew: a device that has vanished is replaced. */
  readonly anew?: boolean;
}

/**
 * All the devices that a VM wants, on one host, or none. The VM's own devices count as free to it, so that a changed
 * wish is applied in one step. Holding exactly that already is an outcome without events.
 */
export const reserve = (fleet: Fleet, wanted: Wanted, surroundings: Surroundings): Outcome => {
  const current = ownHold(fleet, wanted.vmId)?.host.hostId ?? fleet.hostsOf(wanted.vmId).at(-1);
  const here = wanted.hostId ?? current;
  const already = here === undefined ? undefined : holdsAlready(fleet.host(here), wanted);
  if (already) return already;
  const understood = understand(fleet, wanted, surroundings);
  if ('refused' in understood) return understood;
  const { wish } = understood;
  if (wanted.hostId !== undefined) return onHost(fleet, fleet.host(wanted.hostId) ?? newHost(wanted.hostId), wish, wanted, surroundings);

  let nearest: Outcome | undefined;
  let overQuotas = 0;
  for (const candidate of candidates(current, fleet.hostsFor(wish))) {
    const outcome = onHost(fleet, fleet.host(candidate) as Host, wish, wanted, surroundings);
    if ('given' in outcome) return outcome;
    nearest = closer(nearest, outcome);
    if (outcome.refused.code === 'QUOTA_EXCEEDED' && (overQuotas += 1) >= MAX_OVER_QUOTA) break;
  }
  return nearest ?? { refused: nowhere(fleet, wish) };
};

/** A quota counts on every host: so many that could serve but for it are asked, in case one has something else that would do. */
const MAX_OVER_QUOTA = 64;

/** Where the VM is already comes first. */
function* candidates(current: string | undefined, others: Iterable<string>): Iterable<string> {
  if (current !== undefined) yield current;
  for (const other of others) if (other !== current) yield other;
}

/** The wish with its names looked up; or what is wrong with it. */
export const understand = (
  fleet: Fleet,
  { vmId, wishes, tenant }: Pick<Wanted, 'vmId' | 'wishes' | 'tenant'>,
  { compileWhere }: Pick<Surroundings, 'compileWhere'>,
): { readonly wish: Wish } | { readonly refused: Refusal } => {
  const parsed = parsedWishes(fleet.catalog(), wishes, compileWhere);
  if ('faults' in parsed) {
    const message = parsed.faults.map((fault) => `${fault.field} ${fault.message}`).join('; ');
    return { refused: { code: 'INVALID_REQUEST', message, details: parsed.faults } };
  }
  if ('missing' in parsed) {
    const { code } = parsed.missing[0] as (typeof parsed.missing)[number];
    return { refused: { code, message: parsed.missing.map(sayMissing).join('; '), details: { missing: parsed.missing } } };
  }
  const { asks, strategy } = parsed;
  const { numaNodes } = wishes;
  return { wish: { vmId, asks, ...(numaNodes && { numaNodes }), ...(tenant !== undefined && { tenant }), ...(strategy && { strategy }) } };
};

/** A VM that has what it wants is told so before names are looked up: an alias that is gone takes nothing from it. */
const holdsAlready = (host: Host | undefined, { vmId, wishes, anew = false }: Wanted): Outcome | undefined => {
  const held = host?.reservations.get(vmId);
  if (!host || !held || !sameWish(held, wishes) || (anew && hasLost(host, held))) return undefined;
  return { given: toReservation(host.hostId, held), events: [] };
};

const onHost = (fleet: Fleet, host: Host, wish: Wish, wanted: Wanted, surroundings: Surroundings): Outcome => {
  const { now, newId } = surroundings;
  const { hostId } = host;
  const { vmId, wishes, tenant } = wanted;
  const already = holdsAlready(host, wanted);
  if (already) return already;
  const held = host.reservations.get(vmId);
  if (host.status === 'unknown' && host.devices.size === 0)
    return { hostId, refused: { code: 'HOST_UNKNOWN', message: `host ${hostId} has never been heard of`, unmet: wish.asks.map(nothingFor) } };
  const choice = chooseWithinQuota(fleet, host, wish);
  if ('refused' in choice) return { hostId, refused: host.draining && !held ? draining(hostId, choice.refused) : choice.refused };
  const data: EventData<'DevicesReserved'> = {
    vmId,
    hostId,
    reservationId: newId(),
    devices: choice.chosen.map(given(fleet, held, wanted, surroundings)),
    requests: wishes.devices,
    reservedAt: now,
    ...(wishes.offering !== undefined && { offering: wishes.offering }),
    ...(wishes.numaNodes && { numaNodes: [...wishes.numaNodes] }),
    ...(tenant !== undefined && { tenant }),
    ...(host.description?.unsafeIommuGroups === true && { unsafe: true }),
  };
  const taken = new Set(data.devices.map(({ deviceId }) => deviceId));
  return { given: toGiven(data), events: [...makeWay(host, vmId, taken, 'changed-wish', now), { type: 'DevicesReserved', data }] };
};

/** A device as it is given. What its VM has on it already it keeps; what its offering says of moving is kept for when that is stored no more. */
const given = (fleet: Fleet, held: HostReservation | undefined, { wishes }: Wanted, surroundings: Surroundings) => {
  const before = new Map(held?.devices.map((device) => [device.deviceId, device]));
  const offered = wishes.offering === undefined ? undefined : fleet.catalog().offerings.get(wishes.offering)?.migration;
  const requests = offered && requestsOf(fleet.catalog(), { requests: wishes.devices, offering: wishes.offering }, surroundings);
  return (chosen: ChosenDevice): ReservedDevice => {
    const device = toReserved(chosen);
    const { mac, vlan } = before.get(device.deviceId) ?? {};
    const isOffered = !device.affected && requests?.get(device.requestName)?.offering !== undefined;
    return {
      ...device,
      ...(mac !== undefined && { mac }),
      ...(vlan !== undefined && { vlan }),
      ...(offered &&
        isOffered && { migration: { ...offered, ...device.migration, deadlines: { ...offered.deadlines, ...device.migration?.deadlines } } }),
    };
  };
};

export type Chosen = Extract<Choice, { chosen: unknown }>;

/** A choice that a quota forbids is made again without the devices that count against it. `moves`: the VM comes from elsewhere, with all it holds there. */
export const chooseWithinQuota = (fleet: Fleet, host: Host, wish: Wish, moves = false): Chosen | { readonly refused: Refusal } => {
  const { rules } = fleet.catalog();
  const { vmId, tenant } = wish;
  const attributesOf = attributesOn(host, rules);
  const grant = ({ chosen }: Chosen): Grant => ({ tenant, vmId, devices: chosen.map(({ device }) => device), moves });
  const excess = (one: Chosen): Refusal | undefined => overQuota(fleet, grant(one), attributesOf);
  const choice = chooseBeside(fleet, host, wish);
  if ('unmet' in choice) return { refused: unsatisfied(host.hostId, choice.unmet as readonly UnmetRequest[]) };
  const refused = excess(choice);
  if (!refused) return choice;
  const other = chooseBeside(fleet, host, { ...wish, objection: quotaObjection(fleet, host, grant(choice), attributesOf) });
  return 'chosen' in other && !excess(other) ? other : { refused };
};

/**
 * Chooses beside what stays attached to the VM from before: a device that the new wish drops and that its host still
 * has attached is not free yet, so that nothing may be chosen that excludes it (a VF of a PF on its way back).
 */
const chooseBeside = (fleet: Fleet, host: Host, wish: Wish): Choice => {
  const around = circumstances(host, fleet.catalog().rules);
  if (!host.reservations.has(wish.vmId)) return chooseDevices(around, wish);
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

const unsatisfied = (hostId: string, unmet: readonly UnmetRequest[]): Refusal => ({
  code: 'UNSATISFIABLE',
  message: `host ${hostId} cannot serve ${unmet.map(({ requestName, asked, matched, free }) => `${requestName} (${asked} asked, ${matched} there, ${free} free)`).join(', ')}`,
  unmet,
});

const draining = (hostId: string, refused: Refusal): Refusal => ({
  ...refused,
  code: 'HOST_DRAINING',
  message: `host ${hostId} is being drained: it takes no new VM`,
});

/** No host has enough of what is asked for: which one would be nearest is told by the first that is asked. */
const nowhere = (fleet: Fleet, { asks }: Wish): Refusal => {
  const anyHost = [...fleet.hostIds()].length > 0;
  return { code: 'UNSATISFIABLE', message: anyHost ? 'no host can serve it' : 'there is no host', unmet: asks.map(nothingFor) };
};

/** Of two hosts that cannot serve, the one that is nearer to it explains the refusal. */
const closer = (a: Outcome | undefined, b: Outcome): Outcome => (a === undefined || shortfall(b) < shortfall(a) ? b : a);
const shortfall = (outcome: Outcome): number =>
  'refused' in outcome ? (outcome.refused.unmet ?? []).reduce((sum, { asked, free }) => sum + Math.max(1, asked - free), 0) : 0;
