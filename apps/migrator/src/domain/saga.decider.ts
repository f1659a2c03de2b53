import { unhandled, type Decider } from '@vfleet/decider';
import type { MovePlan, StartMigration } from '@vfleet/contracts';
import { failed, followUp, hosts, names, rollBack } from './follow-up.js';
import { decideOutcome, type Outcome } from './outcomes.js';
import { evolveSaga } from './saga.evolve.js';
import {
  CANCELLED,
  NO_ANSWER,
  NO_SAGA,
  VM_ENDED,
  hasEnded,
  isGivenUp,
  pendingCommands,
  toMigrationDevices,
  type MigrationEvent,
  type Saga,
} from './saga.js';

/** What a saga hears. Times are RFC 3339; `now` is when it hears it. */
export type SagaCommandIn = { readonly now: string } & (
  | { readonly type: 'Start'; readonly migrationId: string; readonly request: StartMigration }
  | { readonly type: 'Reject'; readonly code: string; readonly message: string }
  | { readonly type: 'Planned'; readonly plan: MovePlan }
  | { readonly type: 'Answered'; readonly outcome: Outcome }
  | { readonly type: 'VmSeen'; readonly state: string; readonly hostId?: string; readonly receivedAt: string }
  | { readonly type: 'MoveFailed'; readonly message: string }
  | { readonly type: 'TimePassed' }
  | {
      readonly type: 'Replaced';
      readonly requestName: string;
      readonly previousDeviceId: string;
      readonly device: MovePlan['devices'][number] | null;
    }
  | { readonly type: 'Settled'; readonly at: 'source' | 'target' }
  | { readonly type: 'Cancel' }
  | { readonly type: 'Retry' }
  | { readonly type: 'Resolved'; readonly hostId: string }
);

/** A VM's move: what it hears becomes events, and what follows from those by themselves with them. */
export const sagaDecider: Decider<Saga, SagaCommandIn, MigrationEvent> = {
  initialState: NO_SAGA,
  evolve: evolveSaga,
  decide: (saga, command) => {
    const events = [...decideAlone(saga, command)];
    let state = events.reduce(evolveSaga, saga);
    // Hearing nothing new may still let something follow: a saga that was cut short goes on.
    for (let more = followUp(state, command.now); more.length > 0; more = followUp(state, command.now)) {
      events.push(...more);
      state = more.reduce(evolveSaga, state);
    }
    return events;
  },
};

const decideAlone = (saga: Saga, command: SagaCommandIn): readonly MigrationEvent[] => {
  const { now } = command;
  switch (command.type) {
    case 'Start':
      return saga.state === 'none'
        ? [{ type: 'MigrationRequested', data: { ...command.request, migrationId: command.migrationId, requestedAt: now } }]
        : [];
    case 'Reject':
      return saga.state === 'requested'
        ? [{ type: 'MigrationRejected', data: { ...names(saga), code: command.code, message: command.message } }]
        : [];
    case 'Planned':
      return saga.state === 'requested' ? planned(saga, command.plan) : [];
    case 'Answered':
      return decideOutcome(saga, command.outcome, now);
    case 'VmSeen':
      return vmSeen(saga, command);
    case 'MoveFailed':
      return saga.state === 'moving' ? [rollBack(saga, 'MOVE_FAILED', command.message)] : [];
    case 'TimePassed':
      return timePassed(saga, now);
    case 'Replaced':
      return replaced(saga, command);
    case 'Settled':
      return settled(saga, command.at, now);
    case 'Cancel':
      return isCancellable(saga) ? [rollBack(saga, CANCELLED, 'cancelled by an operator')] : [];
    case 'Retry':
      return saga.state === 'failed' ? [{ type: 'MigrationRetried', data: { ...names(saga), at: now } }] : [];
    case 'Resolved':
      return saga.state === 'failed' ? [{ type: 'MigrationResolved', data: { ...names(saga), hostId: command.hostId, at: now } }] : [];
    default:
      return unhandled(command);
  }
};

const NOT_CANCELLABLE: ReadonlySet<Saga['state']> = new Set(['none', 'reserved', 'rollingBack']);

/** Until the VM has been seen on the target; one that does not run is there as soon as it is planned. */
export const isCancellable = (saga: Saga): boolean => !hasEnded(saga) && !saga.past && !NOT_CANCELLABLE.has(saga.state);

const planned = (saga: Saga, { sourceHostId, targetHostId, devices, deadlines, blockers: [blocker] }: MovePlan): readonly MigrationEvent[] => {
  if (blocker || sourceHostId === null || targetHostId === null) {
    const { code, message, policy } = blocker ?? { code: 'NO_ELIGIBLE_HOST', message: 'nowhere to go', policy: undefined };
    const where = { ...(sourceHostId && { sourceHostId }), ...(targetHostId && { targetHostId }) };
    return [{ type: 'MigrationRejected', data: { ...names(saga), ...where, code, message, ...(policy && { policy }) } }];
  }
  return [{ type: 'TargetReserved', data: { ...names(saga), sourceHostId, targetHostId, devices, deadlines } }];
};

const OVER: ReadonlySet<string> = new Set(['stopped', 'destroyed', 'crashed', 'error']);

/** Where the VM runs decides which way the saga goes, whoever reports it. */
const vmSeen = (saga: Saga, { state, hostId, receivedAt, now }: Extract<SagaCommandIn, { type: 'VmSeen' }>): readonly MigrationEvent[] => {
  if (hasEnded(saga) || saga.state === 'none' || saga.state === 'requested' || saga.code === VM_ENDED) return [];
  if (OVER.has(state)) return saga.state === 'reserved' && state !== 'destroyed' ? [] : [rollBack(saga, VM_ENDED, `the VM is ${state}`)];
  if (state !== 'running' || saga.past) return [];
  if (hostId === saga.targetHostId && saga.state === 'rollingBack' && saga.back)
    return [failed(saga, 'VM_MOVED', `the VM runs on ${hostId}, and its devices are held at the source alone`, now, hostId)];
  if (hostId === saga.targetHostId) return [{ type: 'VmMigrated', data: { ...names(saga), ...hosts(saga), at: now } }];
  // What was reported before the platform was told to move the VM says nothing about the move.
  const since = saga.state === 'moving' ? saga.moving?.since : undefined;
  if (hostId !== saga.sourceHostId || since === undefined || receivedAt < since) return [];
  return [rollBack(saga, 'MOVE_FAILED', `the VM still runs on ${hostId}`)];
};

const timePassed = (saga: Saga, now: string): readonly MigrationEvent[] => {
  const late = pendingCommands(saga).filter(({ deadline }) => deadline <= now);
  const [first, ...others] = late.map(({ commandId }) => ({ commandId, kind: 'failed', code: NO_ANSWER, message: 'no answer in time' }) as const);
  if (first) {
    const events = decideOutcome(saga, first, now);
    const state = events.reduce(evolveSaga, saga);
    return others.length > 0 ? [...events, ...timePassed(state, now)] : events;
  }
  if (saga.state === 'moving' && saga.moving && saga.moving.until <= now)
    return [rollBack(saga, 'TIMEOUT', 'the platform did not move the VM in time')];
  return [];
};

const replaced = (saga: Saga, command: Extract<SagaCommandIn, { type: 'Replaced' }>): readonly MigrationEvent[] => {
  const { requestName, previousDeviceId, device } = command;
  const meant = saga.devices.some(
    ({ move, where, fresh }) =>
      where === 'unplugged' &&
      !fresh &&
      move.requestName === requestName &&
      move.target?.deviceId === previousDeviceId &&
      isGivenUp(saga, previousDeviceId),
  );
  if (saga.state !== 'plugging' || !meant) return [];
  return [{ type: 'TargetReplaced', data: { ...names(saga), targetHostId: saga.targetHostId ?? '', requestName, previousDeviceId, device } }];
};

const settled = (saga: Saga, at: 'source' | 'target', now: string): readonly MigrationEvent[] => {
  if (hasEnded(saga)) return [];
  if (at === 'target') return saga.state === 'rollingBack' ? [] : completed(saga, now);
  if (saga.state !== 'rollingBack') return [];
  const devices = toMigrationDevices(saga);
  if (saga.code === CANCELLED) return [{ type: 'MigrationCancelled', data: { ...names(saga), devices, at: now } }];
  const { code = 'MOVE_FAILED', message = '' } = saga;
  return [{ type: 'MigrationRolledBack', data: { ...names(saga), code, message, devices, at: now } }];
};

const completed = (saga: Saga, now: string): readonly MigrationEvent[] => {
  const { firstUnpluggedAt, lastPluggedAt } = saga;
  const interruptionMs = firstUnpluggedAt && lastPluggedAt ? Date.parse(lastPluggedAt) - Date.parse(firstUnpluggedAt) : null;
  const devices = toMigrationDevices(saga).map((device) => {
    if (device.where === 'unplugged') return { ...device, where: 'left' as const };
    return device.where === 'source' ? { ...device, where: 'target' as const } : device;
  });
  return [
    { type: 'SourceReleased', data: { ...names(saga), sourceHostId: saga.sourceHostId ?? '' } },
    { type: 'MigrationCompleted', data: { ...names(saga), ...hosts(saga), devices, interruptionMs, at: now } },
  ];
};
