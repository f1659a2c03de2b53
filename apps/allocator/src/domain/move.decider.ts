import type { DomainEvent, EventData, PlanMove, ReservedDevice, SettleMove } from '@vfleet/contracts';
import type { ChosenDevice } from '@vfleet/pci';
import type { Decision, Fleet, Surroundings } from './decision.js';
import { heldPlan } from './held-plan.js';
import type { Host } from './host.js';
import { moveOfVm, pairs, planMove, type Planned } from './move-plan.js';
import type { Landing } from './move-target.js';
import type { Network } from './network-of.js';
import { holdsOf, isIncoming, ownHold, targetHold, type Hold } from './moves.js';
import { letGo, makeWay } from './release.js';
import { toReserved } from './reservation.js';
import { countReleased } from './vm.decider.js';

/** A plan of a move; for a migration it is held at once, and the same migration again is answered alike. */
export const decidePlanMove = (fleet: Fleet, asked: PlanMove, surroundings: Surroundings): Decision => {
  const { vmId, migrationId } = asked;
  const own = ownHold(fleet, vmId);
  const target = migrationId === undefined ? undefined : targetHold(fleet, vmId, migrationId);
  if (own && target) return { events: [], answer: { kind: 'plan', plan: heldPlan(fleet, moveOfVm(fleet, asked), own, target, surroundings) } };
  const planned = planMove(fleet, asked, surroundings);
  if (migrationId === undefined || planned.plan.blockers.length > 0) return { events: [], answer: { kind: 'plan', plan: planned.plan } };
  return { events: hold(fleet, planned, migrationId, surroundings), answer: { kind: 'plan', plan: { ...planned.plan, held: true } } };
};

/** Holds on the target what was planned, beside what the VM holds on its source. A VM without devices has nothing to be held. */
const hold = (fleet: Fleet, { plan, own, landing }: Planned, migrationId: string, surroundings: Surroundings): readonly DomainEvent[] => {
  const target = landing && fleet.host(landing.hostId);
  if (!own || !landing || !target) return [];
  const devices = reservedOn(plan.devices, own, landing);
  const given = new Set(devices.map(({ deviceId }) => deviceId));
  const data = targetReservation(own, target, { migrationId, devices, ...surroundings, reservationId: surroundings.newId() });
  return [...makeWay(target, own.held.vmId, given, 'replaced', surroundings.now), { type: 'DevicesReserved', data }];
};

interface TargetHold extends Pick<Surroundings, 'now'> {
  readonly reservationId: string;
  readonly migrationId: string;
  readonly devices: readonly ReservedDevice[];
}

/** The VM's requests stay what they are, whatever serves them on the target. */
export const targetReservation = (
  { held }: Hold,
  target: Host,
  { migrationId, devices, reservationId, now }: TargetHold,
): EventData<'DevicesReserved'> => {
  const { vmId, requests, offering, tenant } = held;
  const moving = held.devices.filter(({ affected, deviceId }) => !affected && !held.releasing.has(deviceId));
  const taken = new Set(devices.map(({ movesFrom }) => movesFrom));
  const partial = held.partial === true || moving.some(({ deviceId }) => !taken.has(deviceId));
  return {
    vmId,
    hostId: target.hostId,
    reservationId,
    migrationId,
    devices: [...devices],
    requests,
    reservedAt: now,
    ...(offering !== undefined && { offering }),
    ...(tenant !== undefined && { tenant }),
    ...(partial && { partial }),
    ...(target.description?.unsafeIommuGroups === true && { unsafe: true }),
  };
};

/** Devices of the target under the names that their counterparts have on the source. */
const reservedOn = (moves: Planned['plan']['devices'], { held }: Hold, landing: Landing): readonly ReservedDevice[] => {
  const sources = new Map(Array.from(pairs(landing), ([sourceId, { device }]) => [device.deviceId, sourceId]));
  const companions = new Map(moves.flatMap(({ source, target }) => (target ? [[target.deviceId, source.deviceId] as const] : [])));
  return landing.chosen.map((chosen) => {
    const movesFrom = sources.get(chosen.device.deviceId) ?? companions.get(chosen.device.deviceId);
    const source = held.devices.find(({ deviceId }) => deviceId === movesFrom);
    const { mac, vlan }: Network = moves.find((move) => move.source.deviceId === movesFrom) ?? {};
    return { ...inPlaceOf(chosen, source, requestOf(landing, chosen), { mac, vlan }), ...(movesFrom !== undefined && { movesFrom }) };
  });
};

const requestOf = ({ served }: Landing, { requestName }: ChosenDevice): string =>
  served.find(({ ask }) => ask.requestName === requestName)?.devices[0]?.held.requestName ?? requestName;

/** A device that is given in the place of another is kept over a stop as that is, moves as that does, and has its MAC and VLAN. */
export const inPlaceOf = (chosen: ChosenDevice, source: ReservedDevice | undefined, requestName: string, { mac, vlan }: Network): ReservedDevice => {
  const { keepOnStop: _, migration: _ownChoice, ...reserved } = toReserved(chosen);
  return {
    ...reserved,
    requestName,
    ...(mac !== undefined && { mac }),
    ...(vlan !== undefined && { vlan }),
    ...(source?.migration && { migration: source.migration }),
    ...(source?.keepOnStop && { keepOnStop: true }),
    ...(source?.addedBy !== undefined && { addedBy: source.addedBy }),
  };
};

/**
 * The end of a move: at the target, what the VM held on its source is given back; at the source, what was held on the
 * target. A migration for which nothing is held any more has been settled, or its VM has ended: nothing happens.
 */
export const decideSettle = (fleet: Fleet, { vmId, migrationId, at }: SettleMove, { now }: Surroundings): Decision => {
  const target = targetHold(fleet, vmId, migrationId);
  if (!target) return settledAlready;
  const events =
    at === 'source'
      ? letGo(target.host, vmId, 'migration-aborted', now)
      : [
          ...holdsOf(fleet, vmId).flatMap(({ host, held }) => (isIncoming(held) ? [] : letGo(host, vmId, 'migrated', now))),
          ...(target.held.devices.length === 0 ? letGo(target.host, vmId, 'migrated', now) : []),
        ];
  return { events, answer: { kind: 'released', released: countReleased(events) } };
};

const settledAlready: Decision = { events: [], answer: { kind: 'released', released: 0 } };
