import type { DeviceMove, ReplaceTarget, ReservedDevice } from '@vfleet/contracts';
import type { Ask } from '@vfleet/pci';
import type { Decision, Fleet, Surroundings } from './decision.js';
import { moveAsks } from './move-asks.js';
import type { Move } from './move-blockers.js';
import { inPlaceOf, targetReservation } from './move.decider.js';
import { deviceMove, moveOfVm, moverOf } from './move-plan.js';
import { movingDevices, type MovingDevice } from './moving-device.js';
import { keptNetwork } from './network-of.js';
import { ownHold, targetHold, type Hold } from './moves.js';
import { regrant } from './regrant.js';
import { makeWay } from './release.js';

/**
 * Another device of the target in the place of one that has gone or cannot be plugged. One that is held for it and was
 * not tried is the answer already; where there is none, everything stays as it is.
 */
export const decideReplace = (fleet: Fleet, request: ReplaceTarget, surroundings: Surroundings): Decision => {
  const { vmId, migrationId } = request;
  const own = ownHold(fleet, vmId);
  const target = targetHold(fleet, vmId, migrationId);
  const concerned = own && target && concernedBy(fleet, own, target, request, surroundings);
  if (!own || !target || !concerned) return answered(null);
  const move = moveOfVm(fleet, { vmId, migrationId });
  const { moving, now } = concerned;
  if (now && !isSpent(target, now, request.tried)) return answered(deviceMove(move, moving, own, target.host.devices.get(now.deviceId)));
  return exchange(fleet, { move, own, target, moving, now, tried: request.tried.map(({ deviceId }) => deviceId) }, surroundings);
};

const answered = (device: DeviceMove | null): Decision => ({ events: [], answer: { kind: 'replaced', device } });

interface Concerned {
  readonly moving: MovingDevice;
  /** What is held for it now. */
  readonly now: ReservedDevice | undefined;
}

/** The device of the source that is meant: the one that is named, else the first of its request that needs another. */
const concernedBy = (fleet: Fleet, own: Hold, target: Hold, request: ReplaceTarget, surroundings: Surroundings): Concerned | undefined => {
  const candidates = movingDevices(fleet, own, surroundings)
    .filter(({ held }) => held.requestName === request.requestName)
    .map((moving) => ({ moving, now: target.held.devices.find(({ movesFrom }) => movesFrom === moving.device.deviceId) }));
  const companions = target.held.devices.filter(({ affected, deviceId }) => affected && request.tried.some((one) => one.deviceId === deviceId));
  if (request.sourceDeviceId !== undefined) return candidates.find(({ moving }) => moving.device.deviceId === request.sourceDeviceId);
  // What goes along with an IOMMU group has nothing that could take its place.
  if (companions.length > 0) return undefined;
  return candidates.find(({ now }) => !now || isSpent(target, now, request.tried)) ?? candidates[0];
};

const isSpent = ({ host }: Hold, { deviceId }: ReservedDevice, tried: ReplaceTarget['tried']): boolean =>
  host.missing.has(deviceId) || !host.devices.has(deviceId) || tried.some((one) => one.deviceId === deviceId);

interface Exchange extends Concerned {
  readonly move: Move;
  readonly own: Hold;
  readonly target: Hold;
  readonly tried: readonly string[];
}

/** What was tried counts as gone, so that it is neither chosen nor brought along. */
const exchange = (fleet: Fleet, { move, own, target, moving, now, tried }: Exchange, surroundings: Surroundings): Decision => {
  const without = { ...target.host, missing: new Set([...target.host.missing, ...tried]) };
  const asks = moveAsks(fleet, [moving], surroundings).map(({ ask }): Ask => ask);
  const keeps = target.held.devices.filter(
    ({ deviceId }) => deviceId !== now?.deviceId && !target.held.releasing.has(deviceId) && !without.missing.has(deviceId),
  );
  const found = regrant(fleet, { ...target, host: without }, { keeps, asks, mover: moverOf(move), moves: true }, surroundings);
  const other = 'added' in found ? found.added.find(({ affected }) => !affected) : undefined;
  if (!('added' in found) || !other) return answered(null);
  const { deviceId } = moving.device;
  const added = found.added.map((one): ReservedDevice =>
    one === other
      ? { ...inPlaceOf(one, moving.held, moving.held.requestName, keptNetwork(moving.held, moving.device)), movesFrom: deviceId }
      : inPlaceOf(one, undefined, moving.held.requestName, {}),
  );
  const devices = [...found.kept, ...added];
  const { migrationId = '', reservationId } = target.held;
  const reservation = targetReservation(own, target.host, { migrationId, devices, reservationId, now: target.held.since });
  // What is kept was given by the rules of then.
  const data = { ...reservation, ...(target.held.unsafe && { unsafe: true }) };
  const given = new Set(devices.map((device) => device.deviceId));
  return {
    events: [...makeWay(target.host, own.held.vmId, given, 'replaced', surroundings.now), { type: 'DevicesReserved', data }],
    answer: { kind: 'replaced', device: deviceMove(move, moving, own, other.device) },
  };
};
