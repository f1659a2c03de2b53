import { IsNumber } from 'class-validator';
import { IsDeviceId, Many, Nullable, One, Optional, Text, Texts, Time, Token, Whole } from './fields.js';
import { DeviceMove, MigrationDevice, StartMigration } from './migration.js';
import { MigrationDeadlines } from './request.js';

class MigrationEvent {
  @Text(128) migrationId!: string;
  @Token() vmId!: string;
}
/** One command to an agent. Written before it is sent; the same command may be sent twice. */
class HostdevEvent extends MigrationEvent {
  @Text(128) commandId!: string;
  @Token() hostId!: string;
  @IsDeviceId() deviceId!: string;
  @Text(64) address!: string;
}
class HostdevRequestEvent extends HostdevEvent {
  @Time() deadline!: string;
}

export class MigrationRequestedEvent extends StartMigration {
  @Text(128) migrationId!: string;
  @Time() requestedAt!: string;
}
export class MigrationRejectedEvent extends MigrationEvent {
  @Optional() @Token() sourceHostId?: string;
  @Optional() @Token() targetHostId?: string;
  @Text(64) code!: string;
  @Text(4096) message!: string;
  /** The policy that decided. */
  @Optional() @Text(256) policy?: string;
}
/** The target's devices are held beside the source's. */
export class TargetReservedEvent extends MigrationEvent {
  @Token() sourceHostId!: string;
  @Token() targetHostId!: string;
  @Many(() => DeviceMove) devices!: DeviceMove[];
  @One(() => MigrationDeadlines) deadlines!: MigrationDeadlines;
}
export class HostdevUnplugRequestedEvent extends HostdevRequestEvent {}
export class HostdevUnpluggedEvent extends HostdevEvent {
  @Optional() @Text(64) guestAddress?: string;
  /** What would keep the VM from being moved now, in its hypervisor's words. */
  @Optional() @Texts() migrationBlockers?: string[];
  @Time() at!: string;
}
/** The VM can be moved now: its devices are off. */
export class VmMigrationReadyEvent extends MigrationEvent {
  @Token() sourceHostId!: string;
  @Token() targetHostId!: string;
  @Time() at!: string;
  @Time() deadline!: string;
}
export class VmMigratedEvent extends MigrationEvent {
  @Token() sourceHostId!: string;
  @Token() targetHostId!: string;
  @Time() at!: string;
}
export class HostdevPlugRequestedEvent extends HostdevRequestEvent {
  @Optional() @Text(64) mac?: string;
  @Optional() @Whole(0, 4095) vlan?: number;
  @Optional() @Text(64) guestAddress?: string;
}
export class HostdevPluggedEvent extends HostdevEvent {
  @Time() at!: string;
}
/** A command that did not do what it should; what follows from it stands in the next event. */
export class HostdevCommandFailedEvent extends HostdevEvent {
  @Text(64) code!: string;
  @Text() message!: string;
}
/** The device that was held on the target is gone, or could not be plugged: another one is held in its place, or none. */
export class TargetReplacedEvent extends MigrationEvent {
  @Token() targetHostId!: string;
  @Text(256) requestName!: string;
  @IsDeviceId() previousDeviceId!: string;
  @Nullable() @One(() => DeviceMove) device!: DeviceMove | null;
}
export class SourceReleasedEvent extends MigrationEvent {
  @Token() sourceHostId!: string;
}
export class MigrationCompletedEvent extends MigrationEvent {
  @Token() sourceHostId!: string;
  @Token() targetHostId!: string;
  @Many(() => MigrationDevice) devices!: MigrationDevice[];
  /** From the first device unplugged to the last one plugged; null where nothing was unplugged. */
  @Nullable() @IsNumber() interruptionMs!: number | null;
  @Time() at!: string;
}
export class MigrationRollingBackEvent extends MigrationEvent {
  @Text(64) code!: string;
  @Text(4096) message!: string;
}
export class MigrationRolledBackEvent extends MigrationEvent {
  @Text(64) code!: string;
  @Text(4096) message!: string;
  @Many(() => MigrationDevice) devices!: MigrationDevice[];
  @Time() at!: string;
}
/** Nothing more can be done without an operator: every device, where it is, and where its VM runs. */
export class MigrationFailedEvent extends MigrationEvent {
  @Text(64) code!: string;
  @Text(4096) message!: string;
  @Nullable() @Token() runsOn!: string | null;
  @Many(() => MigrationDevice) devices!: MigrationDevice[];
  @Time() at!: string;
}
export class MigrationCancelledEvent extends MigrationEvent {
  @Many(() => MigrationDevice) devices!: MigrationDevice[];
  @Time() at!: string;
}
/** An operator has a failed migration tried again, from where it failed. */
export class MigrationRetriedEvent extends MigrationEvent {
  @Time() at!: string;
}
/** An operator has settled a failed migration. */
export class MigrationResolvedEvent extends MigrationEvent {
  @Token() hostId!: string;
  @Time() at!: string;
}

/** Every event of a migration. */
export const MIGRATION_EVENTS = {
  MigrationRequested: { context: 'migration', data: MigrationRequestedEvent },
  MigrationRejected: { context: 'migration', data: MigrationRejectedEvent },
  TargetReserved: { context: 'migration', data: TargetReservedEvent },
  HostdevUnplugRequested: { context: 'migration', data: HostdevUnplugRequestedEvent },
  HostdevUnplugged: { context: 'migration', data: HostdevUnpluggedEvent },
  VmMigrationReady: { context: 'migration', data: VmMigrationReadyEvent },
  VmMigrated: { context: 'migration', data: VmMigratedEvent },
  HostdevPlugRequested: { context: 'migration', data: HostdevPlugRequestedEvent },
  HostdevPlugged: { context: 'migration', data: HostdevPluggedEvent },
  HostdevCommandFailed: { context: 'migration', data: HostdevCommandFailedEvent },
  TargetReplaced: { context: 'migration', data: TargetReplacedEvent },
  SourceReleased: { context: 'migration', data: SourceReleasedEvent },
  MigrationCompleted: { context: 'migration', data: MigrationCompletedEvent },
  MigrationRollingBack: { context: 'migration', data: MigrationRollingBackEvent },
  MigrationRolledBack: { context: 'migration', data: MigrationRolledBackEvent },
  MigrationFailed: { context: 'migration', data: MigrationFailedEvent },
  MigrationCancelled: { context: 'migration', data: MigrationCancelledEvent },
  MigrationRetried: { context: 'migration', data: MigrationRetriedEvent },
  MigrationResolved: { context: 'migration', data: MigrationResolvedEvent },
} as const;
