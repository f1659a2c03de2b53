import { unhandled } from '@vfleet/decider';
import type { DeviceMove, EventData } from '@vfleet/contracts';
import { isUnplugged } from './follow-up.js';
import { isBack } from './intents.js';
import { orderOf } from './order.js';
import {
  CANCELLED,
  DEVICE_HELD,
  NOT_HELD,
  NO_ANSWER,
  OVERTAKEN,
  isGivenUp,
  type MigrationEvent,
  type Saga,
  type SagaCommand,
  type SagaDevice,
} from './saga.js';
import { isStray } from './stray.js';

/** The saga after an event. Never rejects: what is in the log has happened. */
export const evolveSaga = (saga: Saga, event: MigrationEvent): Saga => {
  const after = evolve(saga, event);
  return after.state === 'rollingBack' && !after.back && isBack(after) ? { ...after, back: true } : after;
};

const evolve = (saga: Saga, event: MigrationEvent): Saga => {
  switch (event.type) {
    case 'MigrationRequested': {
      const { migrationId, vmId, targetHostId, mode } = event.data;
      return { ...saga, state: 'requested', migrationId, vmId, wanted: { ...(targetHostId && { targetHostId }), ...(mode && { mode }) } };
    }
    case 'MigrationRejected':
      return { ...saga, state: 'rejected', code: event.data.code, message: event.data.message };
    case 'TargetReserved': {
      const { sourceHostId, targetHostId, devices, deadlines } = event.data;
      const made = devices.map((move): SagaDevice => ({ move, where: 'source', tried: [], fresh: true, replugs: 0 }));
      return { ...saga, state: 'reserved', sourceHostId, targetHostId, devices: made, deadlines: { ...saga.deadlines, ...deadlines } };
    }
    case 'HostdevUnplugRequested':
      return order({ ...saga, state: saga.state === 'reserved' ? 'unplugging' : saga.state }, event.data, 'detach');
    case 'HostdevPlugRequested':
      return plugRequested(order({ ...saga, state: saga.state === 'moved' ? 'plugging' : saga.state }, event.data, 'attach'), event.data);
    case 'HostdevUnplugged':
      return unplugged(saga, event.data);
    case 'HostdevPlugged':
      return plugged(saga, event.data);
    case 'HostdevCommandFailed':
      return commandFailed(saga, event.data);
    case 'VmMigrationReady':
      return { ...saga, state: 'moving', moving: { since: event.data.at, until: event.data.deadline } };
    case 'VmMigrated':
      return { ...saga, state: 'moved', past: true, devices: saga.devices.map(leftBehind) };
    case 'TargetReplaced':
      return replaced(saga, event.data);
    case 'SourceReleased':
      return { ...saga, state: 'releasing' };
    case 'MigrationRollingBack':
      return { ...saga, state: 'rollingBack', code: event.data.code, message: event.data.message };
    case 'MigrationRetried':
      return { ...saga, state: saga.past ? 'plugging' : 'rollingBack', devices: saga.devices.map((device) => anew(saga, device)) };
    case 'MigrationCompleted':
      return { ...saga, state: 'completed' };
    case 'MigrationRolledBack':
      return { ...saga, state: 'rolledBack' };
    case 'MigrationCancelled':
      return { ...saga, state: 'cancelled', code: CANCELLED };
    case 'MigrationFailed':
      return { ...saga, state: 'failed', code: event.data.code, message: event.data.message };
    case 'MigrationResolved':
      return { ...saga, state: event.data.hostId === saga.sourceHostId ? 'rolledBack' : 'completed', resolved: true };
    default:
      return unhandled(event);
  }
};

/** Failures after which something else is known than that it was not done. */
const FAILURES: Readonly<Record<string, SagaCommand['state']>> = {
  [NO_ANSWER]: 'silent',
  [OVERTAKEN]: 'overtaken',
  [NOT_HELD]: 'left',
  [DEVICE_HELD]: 'left',
};

const order = (saga: Saga, data: EventData<'HostdevPlugRequested' | 'HostdevUnplugRequested'>, verb: SagaCommand['verb']): Saga => {
  const side = data.hostId === saga.sourceHostId ? 'source' : 'target';
  const command: SagaCommand = { ...orderOf(data, verb), side, state: 'requested' };
  return { ...saga, commands: new Map(saga.commands).set(command.commandId, command) };
};

const plugRequested = (saga: Saga, { hostId, deviceId }: EventData<'HostdevPlugRequested'>): Saga => ({
  ...saga,
  devices: saga.devices.map((device) => {
    if (hostId === saga.sourceHostId) return device.move.source.deviceId === deviceId ? { ...device, replugs: device.replugs + 1 } : device;
    return device.move.target?.deviceId === deviceId ? { ...device, fresh: false } : device;
  }),
});

/** What was given up is tried again from the beginning. */
const anew = (saga: Saga, device: SagaDevice): SagaDevice => {
  const again: SagaDevice = { ...device, where: device.where === 'lost' ? 'unplugged' : device.where, tried: [], replugs: 0 };
  const isUnsure = saga.past && again.where === 'unplugged' && isGivenUp(saga, device.move.target?.deviceId);
  return isUnsure ? { ...again, fresh: false, unsure: true } : { ...again, fresh: true };
};

/** What is still plugged where the VM was has no VM any more; what stays attached has gone along. */
const leftBehind = (device: SagaDevice): SagaDevice => {
  if (device.move.mode === 'live') return { ...device, where: 'target' };
  return isUnplugged(device.move) && (device.where === 'source' || device.where === 'unknown') ? { ...device, where: 'unplugged' } : device;
};

const answer = (saga: Saga, commandId: string, state: SagaCommand['state']): Saga => {
  const command = saga.commands.get(commandId);
  return command ? { ...saga, commands: new Map(saga.commands).set(commandId, { ...command, state }) } : saga;
};

/**
 * What nobody has answered may have been done, so that nobody knows where its device is. An agent that cannot plug one has
 * looked: it is off.
 */
const commandFailed = (saga: Saga, { commandId, code }: EventData<'HostdevCommandFailed'>): Saga => {
  const state = FAILURES[code] ?? 'failed';
  const answered = answer(saga, commandId, state);
  const command = saga.commands.get(commandId);
  if (command?.side !== 'source' || saga.past || state === 'left' || state === 'overtaken') return answered;
  const { verb, deviceId } = command;
  if (state === 'failed' && verb === 'detach') return answered;
  const from = verb === 'detach' ? 'source' : 'unplugged';
  const devices = saga.devices.map((device): SagaDevice => {
    if (device.move.source.deviceId !== deviceId) return device;
    if (state === 'silent') return device.where === from ? { ...device, where: 'unknown' } : device;
    return device.where === 'unknown' ? { ...device, where: 'unplugged' } : device;
  });
  return { ...answered, devices };
};

const change = (saga: Saga, isMeant: (move: DeviceMove) => boolean, to: Partial<SagaDevice>): readonly SagaDevice[] =>
  saga.devices.map((device) => (isMeant(device.move) ? { ...device, ...to } : device));

/** A plugging that nobody has answered may have been done before its device was let go of. */
const overtake = (saga: Saga, sourceDeviceId: string): Saga => {
  const isOvertaken = ({ verb, side, deviceId, state }: SagaCommand): boolean =>
    verb === 'attach' && side === 'source' && deviceId === sourceDeviceId && state === 'silent';
  const commands = [...saga.commands].map(([id, one]) => [id, isOvertaken(one) ? { ...one, state: 'overtaken' as const } : one] as const);
  return { ...saga, commands: new Map(commands) };
};

const unplugged = (saga: Saga, { commandId, hostId, deviceId, guestAddress, migrationBlockers = [], at }: EventData<'HostdevUnplugged'>): Saga => {
  const answered = overtake(answer(saga, commandId, 'done'), deviceId);
  if (hostId !== saga.sourceHostId || saga.past) return answered;
  const devices = change(saga, ({ source }) => source.deviceId === deviceId, {
    where: 'unplugged',
    replugs: 0,
    ...(guestAddress && { guestAddress }),
  });
  return { ...answered, devices, migrationBlockers, firstUnpluggedAt: saga.firstUnpluggedAt ?? at };
};

const plugged = (saga: Saga, { commandId, hostId, deviceId, at }: EventData<'HostdevPlugged'>): Saga => {
  const answered = answer(saga, commandId, 'done');
  const command = saga.commands.get(commandId);
  if (command && isStray(saga, command)) return answer(saga, commandId, 'stray');
  const devices =
    hostId === saga.sourceHostId
      ? change(saga, ({ source }) => source.deviceId === deviceId, { where: 'source' })
      : change(saga, ({ target }) => target?.deviceId === deviceId, { where: 'target' });
  return { ...answered, devices, lastPluggedAt: at };
};

/** Another device is held in place of one that is given up; without one the VM goes on without it. */
const replaced = (saga: Saga, { requestName, previousDeviceId, device }: EventData<'TargetReplaced'>): Saga => ({
  ...saga,
  devices: saga.devices.map((one) => {
    if (one.move.requestName !== requestName || one.move.target?.deviceId !== previousDeviceId) return one;
    const { unsure, ...known } = one;
    const tried = unsure ? one.tried : [...one.tried, previousDeviceId];
    return device ? { ...known, tried, fresh: true, move: { ...one.move, target: device.target } } : { ...known, tried, where: 'lost' };
  }),
});
