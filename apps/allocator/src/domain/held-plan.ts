import type { MovePlan } from '@vfleet/contracts';
import type { Fleet, Surroundings } from './decision.js';
import { companionMoves } from './companion-moves.js';
import { isCold, type Move } from './move-blockers.js';
import { deviceMove, longest } from './move-plan.js';
import { movingDevices } from './moving-device.js';
import type { Hold } from './moves.js';

/** The plan that is held already, told again: what was held then counts, whatever would be planned now. */
export const heldPlan = (fleet: Fleet, move: Move, own: Hold, target: Hold, surroundings: Pick<Surroundings, 'compileWhere'>): MovePlan => {
  const devices = movingDevices(fleet, own, surroundings);
  const takes = new Map(
    target.held.devices.flatMap((device) => (device.movesFrom === undefined ? [] : [[device.movesFrom, device.deviceId] as const])),
  );
  const onTarget = (sourceId: string) => target.host.devices.get(takes.get(sourceId) ?? '');
  const moves = devices.map((moving) => deviceMove(move, moving, own, onTarget(moving.device.deviceId)));
  const goingAlong = target.held.devices.flatMap(({ deviceId, affected }) => (affected ? (target.host.devices.get(deviceId) ?? []) : []));
  return {
    vmId: own.held.vmId,
    sourceHostId: own.host.hostId,
    targetHostId: target.host.hostId,
    devices: [...moves, ...(isCold(move) ? [] : companionMoves(own, moves, goingAlong))],
    deadlines: longest(devices),
    blockers: [],
    held: true,
  };
};
