import { unhandled } from '@vfleet/decider';
import type { DeviceMove, EventData, Migration, MigrationDevice, MigrationState, MigrationStep } from '@vfleet/contracts';
import type { MigrationEvent } from './known-event.js';
import { stepOf } from './migration-step.js';

/** A VM's move to another host, from the moment that it was asked for. */
export interface MigrationRow {
  readonly migrationId: string;
  /** Of its first event: what was asked for later stands higher. */
  readonly position: number;
  readonly vmId: string;
  readonly state: MigrationState;
  /** Null until it is known from where it goes. */
  readonly sourceHostId: string | null;
  readonly targetHostId: string | null;
  readonly devices: readonly MigrationDevice[];
  /** Every event of it, with the time at which it was recorded: one clock for all. */
  readonly steps: readonly MigrationStep[];
  readonly startedAt: string;
  /** Null as long as something may still happen by itself. */
  readonly finishedAt: string | null;
  /** Why it was refused, is rolled back, or has failed. */
  readonly code: string | null;
  readonly message: string | null;
  /** From the first device unplugged to the last one plugged; null where nothing was unplugged, or something still is. */
  readonly interruptionMs: number | null;
}

/** The row after an event; null for what is told of a migration whose beginning nobody has heard. */
export const applyToMigration = (row: MigrationRow | null, event: MigrationEvent): MigrationRow | null => {
  const known = row ?? begin(event);
  if (!known) return null;
  const after = change(known, event);
  return { ...after, steps: [...known.steps, stepOf(event, known.steps.at(-1))] };
};

const begin = ({ type, data, position, recordedAt }: MigrationEvent): MigrationRow | null => {
  if (type !== 'MigrationRequested' && type !== 'MigrationRejected') return null;
  const { migrationId, vmId, targetHostId = null } = data;
  const begun = { migrationId, position, vmId, state: 'requested', sourceHostId: null, targetHostId, devices: [], steps: [] } as const;
  return { ...begun, startedAt: recordedAt, finishedAt: null, code: null, message: null, interruptionMs: null };
};

const change = (row: MigrationRow, event: MigrationEvent): MigrationRow => {
  const { type, data, recordedAt: finishedAt } = event;
  switch (type) {
    case 'MigrationRequested':
      return row;
    case 'MigrationRejected': {
      const { sourceHostId = row.sourceHostId, targetHostId = row.targetHostId, code, message } = data;
      return { ...row, state: 'rejected', sourceHostId, targetHostId, code, message, finishedAt };
    }
    case 'TargetReserved': {
      const { sourceHostId, targetHostId, devices } = data;
      return { ...row, state: 'reserved', sourceHostId, targetHostId, devices: devices.map((move) => ({ ...move, where: 'source' })) };
    }
    case 'HostdevUnplugRequested':
      return { ...row, state: row.state === 'reserved' ? 'unplugging' : row.state };
    case 'HostdevUnplugged':
      return unplugged(row, data);
    case 'VmMigrationReady':
      return { ...row, state: 'moving' };
    case 'VmMigrated':
      return arrived({ ...row, state: 'moved' });
    case 'HostdevPlugRequested':
      return { ...row, state: row.state === 'moved' ? 'plugging' : row.state };
    case 'HostdevPlugged':
      return plugged(row, data);
    case 'HostdevCommandFailed':
      return commandFailed(row, data);
    case 'HotplugRequested':
    case 'HotplugRejected':
    case 'HotplugStarted':
    case 'HotplugUndoing':
    case 'HotplugVmEnded':
    case 'HotplugCompleted':
    case 'HotplugFailed':
      return row;
    case 'TargetReplaced':
      return replaced(row, data);
    case 'SourceReleased':
      return { ...row, state: 'releasing' };
    case 'MigrationRollingBack':
      return { ...row, state: 'rollingBack', code: data.code, message: data.message };
    case 'MigrationRetried':
      return { ...row, state: hasMoved(row) ? 'plugging' : 'rollingBack', devices: row.devices.map(again), finishedAt: null };
    case 'MigrationCompleted': {
      const { devices, interruptionMs } = data;
      return { ...row, state: 'completed', devices, interruptionMs, code: null, message: null, finishedAt };
    }
    case 'MigrationRolledBack': {
      const { devices, code, message } = data;
      return { ...row, state: 'rolledBack', devices, code, message, interruptionMs: interruption(row), finishedAt };
    }
    case 'MigrationFailed': {
      const { devices, code, message } = data;
      return { ...row, state: 'failed', devices, code, message, finishedAt };
    }
    case 'MigrationCancelled':
      return { ...row, state: 'cancelled', devices: data.devices, interruptionMs: interruption(row), finishedAt };
    case 'MigrationResolved':
      return { ...row, state: data.hostId === row.sourceHostId ? 'rolledBack' : 'completed', finishedAt };
    default:
      return unhandled(event);
  }
};

const hasMoved = ({ steps }: MigrationRow): boolean => steps.some(({ step }) => step === 'VmMigrated');

type Where = MigrationDevice['where'];

const put = (row: MigrationRow, isMeant: (move: DeviceMove) => boolean, where: Where): MigrationRow => ({
  ...row,
  devices: row.devices.map((device) => (isMeant(device) ? { ...device, where } : device)),
});

/** A device is of one host: what serves no longer and is unplugged on the target is nobody's source. */
const unplugged = (row: MigrationRow, { deviceId }: EventData<'HostdevUnplugged'>): MigrationRow =>
  put(row, ({ source }) => source.deviceId === deviceId, 'unplugged');

const plugged = (row: MigrationRow, { deviceId }: EventData<'HostdevPlugged'>): MigrationRow => {
  const back = put(row, ({ source }) => source.deviceId === deviceId, 'source');
  const after = put(back, ({ target }) => target?.deviceId === deviceId, 'target');
  const isDone = after.state === 'plugging' && after.devices.every(({ where }) => where === 'target' || where === 'left');
  return isDone ? { ...after, state: 'releasing' } : after;
};

/** Failures that say nothing of where a device is. */
const WITHOUT_A_LOOK: ReadonlySet<string> = new Set(['DEVICE_NOT_HELD', 'DEVICE_HELD', 'OVERTAKEN']);

/** Where a device is whose unplugging or plugging back nobody has answered, nobody knows. An agent that cannot plug it has looked: it is off. */
const commandFailed = (row: MigrationRow, { deviceId, code }: EventData<'HostdevCommandFailed'>): MigrationRow => {
  const isMeant = ({ source }: DeviceMove): boolean => source.deviceId === deviceId;
  if (hasMoved(row) || WITHOUT_A_LOOK.has(code)) return row;
  if (code === 'NO_ANSWER') return put(row, isMeant, 'unknown');
  return row.devices.find(isMeant)?.where === 'unknown' ? put(row, isMeant, 'unplugged') : row;
};

/** What stays attached has come along; what the VM goes without is left behind. */
const arrived = (row: MigrationRow): MigrationRow => ({
  ...row,
  devices: row.devices.map((device): MigrationDevice => {
    if (device.target === null) return { ...device, where: 'left' };
    if (device.where === 'unknown') return { ...device, where: 'unplugged' };
    return device.where === 'source' ? { ...device, where: 'target' } : device;
  }),
});

const replaced = (row: MigrationRow, { previousDeviceId, device: next }: EventData<'TargetReplaced'>): MigrationRow => ({
  ...row,
  devices: row.devices.map((device): MigrationDevice => {
    if (device.target?.deviceId !== previousDeviceId) return device;
    return next ? { ...device, target: next.target } : { ...device, where: 'lost' };
  }),
});

const again = (device: MigrationDevice): MigrationDevice => (device.where === 'lost' ? { ...device, where: 'unplugged' } : device);

/** Of a VM that has stayed where it was: what it went without its devices, once they are all back. */
const interruption = ({ steps, devices }: MigrationRow): number | null => {
  const off = steps.find(({ step }) => step === 'HostdevUnplugged');
  const back = steps.findLast(({ step }) => step === 'HostdevPlugged');
  if (!off || !back || devices.some(({ where }) => where !== 'source')) return null;
  return Date.parse(back.at) - Date.parse(off.at);
};

/** A migration as it is shown. */
export const showMigration = ({ position: _, code, message, devices, steps, ...row }: MigrationRow): Migration => ({
  ...row,
  devices: [...devices],
  steps: [...steps],
  ...(code !== null && { code }),
  ...(message !== null && { message }),
});
