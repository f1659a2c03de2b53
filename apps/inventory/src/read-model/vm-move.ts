import { unhandled } from '@vfleet/decider';
import type { MigrationEvent } from './known-event.js';
import type { Hold } from './vm.js';

/** The migration that a VM is in the middle of, after an event of one of its migrations; null when there is none. */
export const moveAfter = (migrationId: string | null, event: MigrationEvent): string | null => {
  switch (event.type) {
    case 'MigrationRequested':
    case 'MigrationRetried':
      // A second one that is asked for meanwhile comes to nothing.
      return migrationId ?? event.data.migrationId;
    case 'MigrationRejected':
    case 'MigrationCompleted':
    case 'MigrationRolledBack':
    case 'MigrationFailed':
    case 'MigrationCancelled':
    case 'MigrationResolved':
      return migrationId === event.data.migrationId ? null : migrationId;
    case 'TargetReserved':
    case 'HostdevUnplugRequested':
    case 'HostdevUnplugged':
    case 'VmMigrationReady':
    case 'VmMigrated':
    case 'HostdevPlugRequested':
    case 'HostdevPlugged':
    case 'HostdevCommandFailed':
    case 'TargetReplaced':
    case 'SourceReleased':
    case 'MigrationRollingBack':
    case 'HotplugRequested':
    case 'HotplugRejected':
    case 'HotplugStarted':
    case 'HotplugUndoing':
    case 'HotplugVmEnded':
    case 'HotplugCompleted':
    case 'HotplugFailed':
      return migrationId;
    default:
      return unhandled(event);
  }
};

/** Something of it has not been let go. */
export const isHeld = ({ devices, releasing }: Pick<Hold, 'devices' | 'releasing'>): boolean =>
  !devices.every(({ deviceId }) => releasing.includes(deviceId));

/** A move is settled once nothing is held on its source any more: what is held on its target is then like any other hold. */
export const settled = (holds: readonly Hold[]): readonly Hold[] => {
  const atSource = holds.some((hold) => hold.migrationId === undefined && isHeld(hold));
  return atSource ? holds : holds.map(({ migrationId: _, ...hold }) => hold);
};
