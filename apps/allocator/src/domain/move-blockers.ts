import type { MoveBlocker, StartMigration } from '@vfleet/contracts';
import type { Fleet } from './decision.js';
import type { Host } from './host.js';
import type { MovingDevice } from './moving-device.js';
import { holdsOf, isIncoming, moveOf, type Hold } from './moves.js';
import { hasEnded, type Vm } from './vm.js';

/** A move that somebody asks for, and the VM as it is. */
export interface Move {
  readonly asked: StartMigration & { readonly migrationId?: string };
  readonly vm: Vm | undefined;
  /** What the VM holds where it is. */
  readonly own: Hold | undefined;
  readonly sourceHostId: string | undefined;
}

/** A VM that does not run keeps devices over its stop: they are given up here and taken up there, nothing is unplugged. */
export const isCold = ({ vm, own }: Pick<Move, 'vm' | 'own'>): boolean => vm !== undefined && hasEnded(vm.state) && own !== undefined;

/** What of the VM itself stands in the way. */
export const vmBlockers = (fleet: Fleet, { asked, vm, own, sourceHostId }: Move): readonly MoveBlocker[] => {
  const { vmId, migrationId } = asked;
  if (!vm && !own) return [{ code: 'VM_UNKNOWN', message: `nobody has ever told of VM ${vmId}` }];
  const other = moveOf(fleet, vmId);
  const runs = vm?.state === 'running' || vm?.state === 'paused';
  return [
    ...(other && other.held.migrationId !== migrationId
      ? [{ code: 'MIGRATION_IN_PROGRESS', message: `${vmId} is on its way to ${other.host.hostId} already, by migration ${other.held.migrationId}` }]
      : []),
    ...(runs || isCold({ vm, own }) ? [] : [{ code: 'VM_NOT_RUNNING', message: `${vmId} ${vm ? `is ${vm.state}` : 'has never been seen running'}` }]),
    ...(runs && sourceHostId === undefined ? [{ code: 'VM_NOT_RUNNING', message: `nobody has told where ${vmId} runs` }] : []),
  ];
};

/** What of the host that was named stands in the way. */
export const targetBlockers = (fleet: Fleet, { asked: { vmId, targetHostId }, sourceHostId }: Move): readonly MoveBlocker[] => {
  if (targetHostId === undefined) return [];
  if (targetHostId === sourceHostId) return [{ code: 'SAME_HOST', message: `${vmId} is on ${targetHostId} already` }];
  const target = fleet.host(targetHostId);
  if (!target || (target.status === 'unknown' && target.devices.size === 0))
    return [{ code: 'TARGET_UNKNOWN', message: `host ${targetHostId} has never been heard of` }];
  const held = holdsOf(fleet, vmId).some((hold) => hold.host.hostId === targetHostId && !isIncoming(hold.held));
  return [
    ...(target.status === 'stale' || target.status === 'offline' ? [silent(target)] : []),
    ...(target.draining ? [{ code: 'HOST_DRAINING', message: `host ${targetHostId} is being drained: it takes no new VM` }] : []),
    ...(held ? [{ code: 'MIGRATION_IN_PROGRESS', message: `${vmId} holds devices on ${targetHostId} beside those on ${sourceHostId}` }] : []),
  ];
};

const silent = ({ hostId, status, seen }: Host): MoveBlocker => ({
  code: 'TARGET_STALE',
  message: `host ${hostId} is ${status === 'offline' ? 'offline' : 'silent'}${seen ? `, last heard at ${seen.lastSeenAt}` : ''}`,
});

/** What policies forbid, device by device. */
export const policyBlockers = (move: Move, devices: readonly MovingDevice[]): readonly MoveBlocker[] => {
  const cold = isCold(move);
  const { mode: demanded, vmId } = move.asked;
  return devices.flatMap(({ device, policy: { mode, decidedBy, requireStandby } }): readonly MoveBlocker[] => {
    const which = { policy: decidedBy, deviceId: device.deviceId };
    const said = `by the policy ${decidedBy}`;
    if (mode === 'forbid') return [{ code: 'MIGRATION_FORBIDDEN', message: `${device.address} may not move, ${said}`, ...which }];
    if (cold) return [];
    const needsStop = (demanded ?? mode) === 'cold';
    const by = demanded === 'cold' ? 'as was asked for' : said;
    return [
      ...(needsStop ? [{ code: 'MIGRATION_FORBIDDEN', message: `${device.address} moves with ${vmId} stopped only, ${by}`, ...which }] : []),
      ...(requireStandby && move.vm?.standby !== true
        ? [{ code: 'STANDBY_REQUIRED', message: `${vmId} has not told that it has a standby for ${device.address}`, ...which }]
        : []),
    ];
  });
};
