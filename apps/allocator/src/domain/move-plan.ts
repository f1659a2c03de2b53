import type { DeviceMove, MoveBlocker, MovePlan } from '@vfleet/contracts';
import type { ChosenDevice } from '@vfleet/pci';
import type { Fleet, Surroundings } from './decision.js';
import { companionMoves } from './companion-moves.js';
import { moveAsks } from './move-asks.js';
import { isCold, policyBlockers, targetBlockers, vmBlockers, type Move } from './move-blockers.js';
import { findLanding, landOn, type Landing, type Mover } from './move-target.js';
import { ownHold, type Hold } from './moves.js';
import { keptNetwork } from './network-of.js';
import { canStayAttached, movingDevices, type MovingDevice } from './moving-device.js';
import { DEFAULT_DEADLINES } from './policy.js';

/** A plan, and what would have to be held for it. */
export interface Planned {
  readonly plan: MovePlan;
  readonly own?: Hold;
  /** Missing where something stands in the way. */
  readonly landing?: Landing;
}

type Seen = Pick<Surroundings, 'compileWhere'>;

/** Where a VM would go, with which devices; or everything that stands in its way. Decides nothing. */
export const planMove = (fleet: Fleet, asked: Move['asked'], surroundings: Seen): Planned => {
  const move = moveOfVm(fleet, asked);
  const { own, sourceHostId } = move;
  const devices = own ? movingDevices(fleet, own, surroundings) : [];
  const aboutTarget = targetBlockers(fleet, move);
  const land = aboutTarget.length > 0 || (!move.vm && !own) ? undefined : landingOf(fleet, move, devices, surroundings);
  const landing = land && 'served' in land ? land : undefined;
  const blockers: readonly MoveBlocker[] = [
    ...vmBlockers(fleet, move),
    ...aboutTarget,
    ...policyBlockers(move, devices),
    ...(land && 'code' in land ? [land] : []),
  ];
  const plan = {
    vmId: asked.vmId,
    sourceHostId: sourceHostId ?? null,
    targetHostId: asked.targetHostId ?? landing?.hostId ?? null,
    devices: deviceMoves(move, devices, landing),
    deadlines: longest(devices),
    blockers: [...blockers],
    held: false,
  };
  return { plan, ...(own && { own }), ...(landing && blockers.length === 0 && { landing }) };
};

/** The move as it stands; a VM is where it holds something, else where it was last seen. */
export const moveOfVm = (fleet: Fleet, asked: Move['asked']): Move => {
  const vm = fleet.vm(asked.vmId);
  const own = ownHold(fleet, asked.vmId);
  return { asked, vm, own, sourceHostId: own?.host.hostId ?? vm?.hostId };
};

/** The VM as one who asks on another host. */
export const moverOf = ({ asked: { vmId }, vm, own }: Move): Mover => {
  const tenant = own?.held.tenant ?? vm?.tenant;
  const numaNodes = vm?.wishes.numaNodes;
  return { vmId, ...(tenant !== undefined && { tenant }), ...(numaNodes && { numaNodes }) };
};

const landingOf = (fleet: Fleet, move: Move, devices: readonly MovingDevice[], surroundings: Seen): Landing | MoveBlocker => {
  const { targetHostId } = move.asked;
  const asks = moveAsks(fleet, devices, surroundings, move.asked.mode);
  const target = targetHostId === undefined ? undefined : fleet.host(targetHostId);
  const landed = target ? landOn(fleet, target, moverOf(move), asks) : findLanding(fleet, move.sourceHostId, moverOf(move), asks);
  if ('served' in landed) return landed;
  const { message } = landed.refused;
  return target
    ? { code: 'NO_MATCHING_DEVICE', message: `${target.hostId} has no place for what ${move.asked.vmId} holds: ${message}` }
    : { code: 'NO_ELIGIBLE_HOST', message: `no host has a place for what ${move.asked.vmId} holds: ${message}` };
};

/** Which device of the target takes the place of which: both sides in the order of addresses. */
export const pairs = ({ served, chosen }: Landing): ReadonlyMap<string, ChosenDevice> =>
  new Map(
    served.flatMap(({ ask, devices }) => {
      const own = chosen.filter(({ requestName, affected }) => requestName === ask.requestName && !affected);
      return devices.flatMap(({ device }, index) => (own[index] ? [[device.deviceId, own[index]] as const] : []));
    }),
  );

const deviceMoves = (move: Move, devices: readonly MovingDevice[], landing: Landing | undefined): DeviceMove[] => {
  if (!move.own) return [];
  const { own } = move;
  const paired: ReadonlyMap<string, ChosenDevice> = landing ? pairs(landing) : new Map();
  const moves = devices.map((moving) => {
    const planned = deviceMove(move, moving, own, paired.get(moving.device.deviceId)?.device);
    return landing ? planned : { ...planned, mode: modeOf(move, moving) };
  });
  const going = (landing?.chosen ?? []).flatMap(({ device, affected }) => (affected ? [device] : []));
  return [...moves, ...(isCold(move) ? [] : companionMoves(own, moves, going))];
};

/** A device that is on its way; its guest address is where the guest saw it, as far as its agent told. */
export const deviceMove = (move: Move, moving: MovingDevice, own: Hold, target: ChosenDevice['device'] | undefined): DeviceMove => {
  const { device, held, policy } = moving;
  const guestAddress = own.host.seen?.guestAddresses?.[`${own.held.vmId} ${device.address}`];
  return {
    requestName: held.requestName,
    source: { deviceId: device.deviceId, address: device.address },
    target: target ? { deviceId: target.deviceId, address: target.address } : null,
    mode: target ? modeOf(move, moving, target) : 'detach',
    policy: move.asked.mode !== undefined && policy.mode !== 'forbid' ? 'start' : policy.decidedBy,
    ...keptNetwork(held, device),
    ...(guestAddress !== undefined && { guestAddress }),
  };
};

/** How a device moves where nothing forbids it. One that cannot stay attached, for itself or for its counterpart, is unplugged and plugged. */
const modeOf = (move: Move, moving: MovingDevice, target?: ChosenDevice['device']): DeviceMove['mode'] => {
  if (isCold(move)) return 'cold';
  return canStayAttached(moving, move.asked.mode) && (!target || target.liveMigratable === true) ? 'live' : 'hotplug';
};

/** Of several policies, the one that is most patient. */
export const longest = (devices: readonly MovingDevice[]): MovePlan['deadlines'] => {
  const [first, ...others] = devices.map(({ policy }) => policy.deadlines);
  return others.reduce(
    (most, { unplug, migrate, plug }) => ({
      unplug: Math.max(most.unplug, unplug),
      migrate: Math.max(most.migrate, migrate),
      plug: Math.max(most.plug, plug),
    }),
    first ?? DEFAULT_DEADLINES,
  );
};
