import type { DeviceMove, EventData, MigrationDevice } from '@vfleet/contracts';
import type { DeviceObservation } from '@vfleet/pci';
import type { Log } from './events.js';

/** What becomes of one device of a moving VM; null: the VM goes without it. */
export const aDeviceMove = (source: DeviceObservation, target: DeviceObservation | null, more: Partial<DeviceMove> = {}): DeviceMove => ({
  requestName: '10GE-0',
  source: { deviceId: source.deviceId, address: source.address },
  target: target && { deviceId: target.deviceId, address: target.address },
  mode: target ? 'hotplug' : 'detach',
  policy: 'default',
  ...more,
});

export interface Sides {
  readonly sourceHostId: string;
  readonly targetHostId: string;
}

/** Events of one move, in the words of the migrator. */
export const aMove = (
  log: Log,
  migrationId: string,
  vmId: string,
  { sourceHostId, targetHostId }: Sides = { sourceHostId: 'h1', targetHostId: 'h2' },
) => {
  const ids = { migrationId, vmId };
  const sides = { sourceHostId, targetHostId };
  const at = '2026-11-20T10:00:00.000Z';
  let commands = 0;
  const command = (hostId: string, { deviceId, address }: DeviceObservation) => ({
    ...ids,
    commandId: `${migrationId}-${(commands += 1)}`,
    hostId,
    deviceId,
    address,
  });
  return {
    requested: () => log.known('MigrationRequested', { ...ids, targetHostId, requestedAt: at }),
    rejected: (code: string, more: Partial<EventData<'MigrationRejected'>> = {}) =>
      log.known('MigrationRejected', { ...ids, code, message: `refused: ${code}`, ...more }),
    reserved: (...devices: DeviceMove[]) => log.known('TargetReserved', { ...ids, ...sides, devices, deadlines: {} }),
    unplugRequested: (device: DeviceObservation, hostId = sourceHostId) =>
      log.known('HostdevUnplugRequested', { ...command(hostId, device), deadline: at }),
    unplugged: (device: DeviceObservation, hostId = sourceHostId) => log.known('HostdevUnplugged', { ...command(hostId, device), at }),
    ready: () => log.known('VmMigrationReady', { ...ids, ...sides, at, deadline: at }),
    migrated: () => log.known('VmMigrated', { ...ids, ...sides, at }),
    plugRequested: (device: DeviceObservation, hostId = targetHostId) =>
      log.known('HostdevPlugRequested', { ...command(hostId, device), deadline: at }),
    plugged: (device: DeviceObservation, hostId = targetHostId) => log.known('HostdevPlugged', { ...command(hostId, device), at }),
    commandFailed: (device: DeviceObservation, code: string, hostId = targetHostId) =>
      log.known('HostdevCommandFailed', { ...command(hostId, device), code, message: `failed: ${code}` }),
    replaced: (previous: DeviceObservation, device: DeviceMove | null) =>
      log.known('TargetReplaced', { ...ids, targetHostId, requestName: '10GE-0', previousDeviceId: previous.deviceId, device }),
    released: () => log.known('SourceReleased', { ...ids, sourceHostId }),
    completed: (devices: MigrationDevice[], interruptionMs: number | null = 4_200) =>
      log.known('MigrationCompleted', { ...ids, ...sides, devices, interruptionMs, at }),
    rollingBack: (code: string) => log.known('MigrationRollingBack', { ...ids, code, message: `back: ${code}` }),
    rolledBack: (code: string, devices: MigrationDevice[]) =>
      log.known('MigrationRolledBack', { ...ids, code, message: `back: ${code}`, devices, at }),
    failed: (code: string, runsOn: string | null, devices: MigrationDevice[]) =>
      log.known('MigrationFailed', { ...ids, code, message: `failed: ${code}`, runsOn, devices, at }),
    cancelled: (devices: MigrationDevice[]) => log.known('MigrationCancelled', { ...ids, devices, at }),
    retried: () => log.known('MigrationRetried', { ...ids, at }),
    resolved: (hostId: string) => log.known('MigrationResolved', { ...ids, hostId, at }),
  };
};
