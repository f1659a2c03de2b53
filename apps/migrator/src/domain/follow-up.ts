import type { DeviceMove } from '@vfleet/contracts';
import {
  NO_ANSWER,
  REPLUG_FAILED,
  VM_ENDED,
  hasEnded,
  isOff,
  lastCommandFor,
  lastPlugOf,
  toMigrationDevices,
  type MigrationEvent,
  type Saga,
  type SagaCommand,
  type SagaDevice,
} from './saga.js';
import { straysToUnplug } from './stray.js';

/** How often a device is plugged back at the source before an operator is needed. */
const MAX_REPLUGS = 3;
/** An agent keeps the deadline itself; its word has so long to arrive, in milliseconds. */
const GRACE_MS = 1_000;
/** Characters that a message of an event may have. */
const LONGEST_MESSAGE = 4_096;

/** What follows from where a saga stands, without anything new from outside. Empty when it waits for somebody. */
export const followUp = (saga: Saga, now: string): readonly MigrationEvent[] => {
  const strays = straysToUnplug(saga).map((order, index) => unplugStray(saga, order, index, now));
  if (strays.length > 0) return strays;
  const back = replugs(saga, now);
  if (back.length > 0) return back;
  if (goesBack(saga)) return unableToGoBack(saga, now);
  if (hasEnded(saga)) return [];
  switch (saga.state) {
    case 'reserved':
      return leaving(saga, now);
    case 'unplugging':
      return saga.devices.filter(({ move }) => isUnplugged(move)).every(({ where }) => where === 'unplugged') ? [leave(saga, now)] : [];
    case 'moved':
      return arriving(saga, now);
    case 'plugging':
      return [...nextPlugs(saga, now), ...giveUp(saga, now)];
    default:
      return [];
  }
};

/** A device that is taken off for the move; one that stays attached, or whose VM does not run, is not. */
export const isUnplugged = ({ mode }: DeviceMove): boolean => mode === 'hotplug' || mode === 'detach';

const isCold = ({ devices }: Saga): boolean => devices.length > 0 && devices.every(({ move }) => move.mode === 'cold');

const leaving = (saga: Saga, now: string): readonly MigrationEvent[] => {
  if (isCold(saga)) return [];
  const off = saga.devices.filter(({ move }) => isUnplugged(move));
  if (off.length === 0) return [ready(saga, now)];
  return off.map(({ move: { source } }, index) => ({
    type: 'HostdevUnplugRequested',
    data: { ...command(saga, index, saga.sourceHostId, source), deadline: later(now, saga.deadlines.unplug * 1_000 + GRACE_MS) },
  }));
};

/** Its platform would try in vain to move a VM of which its hypervisor knows that it cannot be moved. */
const leave = (saga: Saga, now: string): MigrationEvent =>
  saga.migrationBlockers.length > 0
    ? rollBack(saga, 'MIGRATION_BLOCKED', saga.migrationBlockers.join('; ').slice(0, LONGEST_MESSAGE))
    : ready(saga, now);

const ready = (saga: Saga, now: string): MigrationEvent => ({
  type: 'VmMigrationReady',
  data: { ...names(saga), ...hosts(saga), at: now, deadline: later(now, saga.deadlines.migrate * 1_000) },
});

const arriving = (saga: Saga, now: string): readonly MigrationEvent[] =>
  saga.devices.filter(needsPlug).map((device, index) => plug(saga, device, index, 'target', now));

/** Unplugged at the source, and with a device held on the target. */
const needsPlug = ({ move, where }: SagaDevice): boolean => isUnplugged(move) && where === 'unplugged' && move.target !== null;

/** Devices for which another one was found after the first could not be plugged. One that is just being unplugged is waited for. */
const nextPlugs = (saga: Saga, now: string): readonly MigrationEvent[] =>
  saga.devices
    .filter((device) => needsPlug(device) && device.fresh && !isBeingUnplugged(saga, device))
    .map((device, index) => plug(saga, device, index, 'target', now));

/** It was plugged late, after it had been given up, and is held again by now: to plug it before that is answered would be undone. */
const isBeingUnplugged = (saga: Saga, { move }: SagaDevice): boolean => {
  const last = lastCommandFor(saga, move.target?.deviceId ?? '', 'target');
  return last?.verb === 'detach' && last.state === 'requested';
};

/**
 * After the move there is no way back: what cannot be plugged needs an operator. While nobody says whether a device was
 * plugged no other one is taken in its place: giving it back could give it to two VMs.
 */
const giveUp = (saga: Saga, now: string): readonly MigrationEvent[] => {
  const unheard = saga.devices.filter((device) => needsPlug(device) && isUnheard(saga, device));
  const waiting = saga.devices.filter((device) => needsPlug(device)).length > unheard.length;
  const missing = [...saga.devices.filter(({ where }) => where === 'lost'), ...unheard];
  if (waiting || missing.length === 0) return [];
  const without = missing.map(({ move }) => `${move.requestName} (${move.source.address})`).join(', ');
  const message = `the VM runs on ${saga.targetHostId} without ${without}${unheard.length > 0 ? ': its agent does not answer' : ''}`;
  return [failed(saga, unheard.length > 0 ? NO_ANSWER : 'NO_MATCHING_DEVICE', message, now)];
};

const isUnheard = (saga: Saga, { move, fresh }: SagaDevice): boolean => !fresh && lastPlugOf(saga, move.target?.deviceId)?.state === 'silent';

export const failed = (saga: Saga, code: string, message: string, now: string, runsOn = whereItRuns(saga)): MigrationEvent => ({
  type: 'MigrationFailed',
  data: {
    ...names(saga),
    code,
    message,
    runsOn,
    devices: toMigrationDevices(saga),
    at: now,
  },
});

const whereItRuns = ({ past, sourceHostId, targetHostId }: Saga): string | null => (past ? targetHostId : sourceHostId) ?? null;

const goesBack = ({ state, code, resolved }: Saga): boolean =>
  (state === 'rollingBack' || state === 'rolledBack' || state === 'cancelled') && code !== VM_ENDED && resolved === undefined;

/** Its VM is at the source. It could not go back altogether, or an operator has said that it has. */
const hasStopped = ({ state, code, past, resolved }: Saga): boolean =>
  !past && (state === 'failed' ? code === REPLUG_FAILED || code === NO_ANSWER : state === 'rolledBack' && resolved === true);

/**
 * What is off while the VM stays at the source is plugged back, also when its unplugging is told late; so is what may be off,
 * for an agent that has it plugged in already does nothing.
 */
const replugs = (saga: Saga, now: string): readonly MigrationEvent[] => {
  if (!goesBack(saga) && !hasStopped(saga)) return [];
  return saga.devices.filter((device) => isOff(device) && mayReplug(saga, device)).map((device, index) => plug(saga, device, index, 'source', now));
};

const mayReplug = (saga: Saga, { move, replugs: tries }: SagaDevice): boolean => {
  const state = replugOf(saga, move.source.deviceId);
  return tries < MAX_REPLUGS && state !== 'requested' && state !== 'left';
};

const replugOf = (saga: Saga, deviceId: string): SagaCommand['state'] | undefined => {
  const last = lastCommandFor(saga, deviceId, 'source');
  return last?.verb === 'attach' ? last.state : undefined;
};

const unableToGoBack = (saga: Saga, now: string): readonly MigrationEvent[] => {
  const off = saga.devices.filter((device) => isOff(device) && replugOf(saga, device.move.source.deviceId) !== 'left');
  const stuck = off.filter(({ move }) => replugOf(saga, move.source.deviceId) !== 'requested');
  if (stuck.length === 0 || stuck.length < off.length) return [];
  const [unplugged, unknown] = (['unplugged', 'unknown'] as const).map((where) => addressesOf(stuck.filter((device) => device.where === where)));
  const known = unplugged && `${unplugged} cannot be plugged back: ${saga.message ?? ''}`;
  const asked = unknown && `whether ${unknown} is plugged in on ${saga.sourceHostId} is not known: its agent does not answer`;
  return [failed(saga, unplugged ? REPLUG_FAILED : NO_ANSWER, [known, asked].filter(Boolean).join('; '), now)];
};

const addressesOf = (devices: readonly SagaDevice[]): string => devices.map(({ move }) => move.source.address).join(', ');

const plug = (saga: Saga, { move, guestAddress }: SagaDevice, index: number, side: 'source' | 'target', now: string): MigrationEvent => {
  const device = side === 'source' ? move.source : (move.target ?? move.source);
  const hostId = side === 'source' ? saga.sourceHostId : saga.targetHostId;
  const slot = guestAddress ?? move.guestAddress;
  return {
    type: 'HostdevPlugRequested',
    data: {
      ...command(saga, index, hostId, device),
      deadline: later(now, saga.deadlines.plug * 1_000 + GRACE_MS),
      ...(move.mac !== undefined && { mac: move.mac }),
      ...(move.vlan !== undefined && { vlan: move.vlan }),
      ...(slot !== undefined && { guestAddress: slot }),
    },
  };
};

const unplugStray = (saga: Saga, { hostId, deviceId, address }: SagaCommand, index: number, now: string): MigrationEvent => ({
  type: 'HostdevUnplugRequested',
  data: { ...command(saga, index, hostId, { deviceId, address }), deadline: later(now, saga.deadlines.unplug * 1_000 + GRACE_MS) },
});

/** Orders are numbered within their migration, so that deciding twice makes the same ones. */
const command = (
  saga: Saga,
  index: number,
  hostId: string | undefined,
  { deviceId, address }: { readonly deviceId: string; readonly address: string },
) => ({
  ...names(saga),
  commandId: `${saga.migrationId}-${saga.commands.size + index + 1}`,
  hostId: hostId ?? '',
  deviceId,
  address,
});

export const names = ({ migrationId, vmId }: Saga): { readonly migrationId: string; readonly vmId: string } => ({ migrationId, vmId });
export const hosts = ({ sourceHostId = '', targetHostId = '' }: Saga) => ({ sourceHostId, targetHostId });

const later = (now: string, ms: number): string => new Date(Date.parse(now) + ms).toISOString();

export const rollBack = (saga: Saga, code: string, message: string): MigrationEvent => ({
  type: 'MigrationRollingBack',
  data: { ...names(saga), code, message },
});
