import { IsBoolean, IsIn, IsNumber } from 'class-validator';
import { PageRequest } from './api-common.js';
import { AnyObject, IsDeviceId, Many, Nullable, One, Optional, Text, TextMap, Time, Token, Whole } from './fields.js';
import { MIGRATION_MATCHES, MIGRATION_MODES, MigrationDeadlines } from './request.js';

/** How the devices of a VM are taken along when it moves; what a request or an offering says itself goes before it. */
export class Policy {
  @Text(256) name!: string;
  /** A match over devices; without one the policy is for every device. The longest selector that matches wins. */
  @Optional() @AnyObject() selector?: Record<string, unknown>;
  @IsIn([...MIGRATION_MODES]) mode!: (typeof MIGRATION_MODES)[number];
  @Optional() @IsIn([...MIGRATION_MATCHES]) match?: (typeof MIGRATION_MATCHES)[number];
  @Optional() @IsBoolean() anyModel?: boolean;
  /** Address on the source to address on the target. */
  @Optional() @TextMap() addressMap?: Record<string, string>;
  @Optional() @IsBoolean() requireStandby?: boolean;
  @Optional() @IsIn(['reject', 'detach']) onNoTarget?: 'reject' | 'detach';
  @Optional() @One(() => MigrationDeadlines) deadlines?: MigrationDeadlines;
}
export class PolicyList {
  @Many(() => Policy) items!: Policy[];
  @Nullable() @Text() nextCursor!: string | null;
}

/** A device as one side of a move has it. */
export class MovedDevice {
  @IsDeviceId() deviceId!: string;
  @Text(64) address!: string;
}

/** What becomes of one device of a moving VM. */
export class DeviceMove {
  @Text(256) requestName!: string;
  @One(() => MovedDevice) source!: MovedDevice;
  /** Null where the VM moves without it. */
  @Nullable() @One(() => MovedDevice) target!: MovedDevice | null;
  /** `hotplug`: unplugged and plugged; `live`: stays attached; `cold`: the VM does not run; `detach`: goes without. */
  @IsIn(['hotplug', 'live', 'cold', 'detach']) mode!: 'hotplug' | 'live' | 'cold' | 'detach';
  /** The policy that decided: `request`, `offering`, a stored policy's name, or `default`. */
  @Text(256) policy!: string;
  @Optional() @Text(64) mac?: string;
  @Optional() @Whole(0, 4095) vlan?: number;
  /** Where the guest saw it: the same place on the other host. */
  @Optional() @Text(64) guestAddress?: string;
}

/** A reason why a VM may not move. */
export class MoveBlocker {
  @Text(64) code!: string;
  @Text(4096) message!: string;
  @Optional() @Text(256) policy?: string;
  @Optional() @IsDeviceId() deviceId?: string;
}

export class StartMigration {
  @Token() vmId!: string;
  @Optional() @Token() targetHostId?: string;
  /** Instead of what the policies say; what a policy forbids stays forbidden. */
  @Optional() @IsIn(['hotplug', 'live', 'cold']) mode?: 'hotplug' | 'live' | 'cold';
}

export const MIGRATION_STATES = [
  'requested',
  'reserved',
  'unplugging',
  'moving',
  'moved',
  'plugging',
  'releasing',
  'rollingBack',
  'completed',
  'rolledBack',
  'failed',
  'cancelled',
  'rejected',
] as const;
export type MigrationState = (typeof MIGRATION_STATES)[number];

export class StartedMigration {
  @Text(128) migrationId!: string;
  @IsIn([...MIGRATION_STATES]) state!: MigrationState;
}

export const PLANNED_STEPS = ['reserve', 'unplug', 'move', 'plug', 'release'] as const;

/** One step of a move, in order. */
export class PlannedStep {
  @IsIn([...PLANNED_STEPS]) step!: (typeof PLANNED_STEPS)[number];
  @Token() hostId!: string;
  @Optional() @IsDeviceId() deviceId?: string;
  @Optional() @Text(64) address?: string;
  @Optional() @Whole(1) deadlineSeconds?: number;
}

/** What would happen if a VM moved now. */
export class MigrationPlan {
  @Token() vmId!: string;
  @Nullable() @Token() sourceHostId!: string | null;
  @Nullable() @Token() targetHostId!: string | null;
  @IsBoolean() feasible!: boolean;
  @Many(() => DeviceMove) devices!: DeviceMove[];
  @Many(() => PlannedStep) steps!: PlannedStep[];
  @Many(() => MoveBlocker) blockers!: MoveBlocker[];
}

/** A step that was taken, or is being taken. */
export class MigrationStep {
  @Text(64) step!: string;
  @Time() at!: string;
  /** Since the step before, in milliseconds. */
  @IsNumber() sinceMs!: number;
  @Optional() @Token() hostId?: string;
  @Optional() @IsDeviceId() deviceId?: string;
  @Optional() @Text(64) code?: string;
  @Optional() @Text(4096) message?: string;
}

export const MIGRATION_PLACES = ['source', 'unplugged', 'unknown', 'target', 'lost', 'left'] as const;

/** Where one device is, and who holds it. `unknown`: an agent has not said whether it has unplugged it at the source, or plugged it back there. */
export class MigrationDevice extends DeviceMove {
  @IsIn([...MIGRATION_PLACES]) where!: (typeof MIGRATION_PLACES)[number];
}

export class Migration {
  @Text(128) migrationId!: string;
  @Token() vmId!: string;
  @IsIn([...MIGRATION_STATES]) state!: MigrationState;
  @Nullable() @Token() sourceHostId!: string | null;
  @Nullable() @Token() targetHostId!: string | null;
  @Many(() => MigrationDevice) devices!: MigrationDevice[];
  @Many(() => MigrationStep) steps!: MigrationStep[];
  @Time() startedAt!: string;
  @Nullable() @Time() finishedAt!: string | null;
  @Optional() @Text(64) code?: string;
  @Optional() @Text(4096) message?: string;
  /** From the first device unplugged to the last one plugged, in milliseconds. */
  @Nullable() @IsNumber() interruptionMs!: number | null;
}

export class MigrationKey {
  @Text(128) migrationId!: string;
}
/** `hostId`: where the VM runs, as the operator knows. */
export class ResolveMigration {
  @Text(128) migrationId!: string;
  @Optional() @Token() hostId?: string;
}
export class MigrationFilter {
  @Optional() @Token() vmId?: string;
  @Optional() @Token() hostId?: string;
  @Optional() @IsIn([...MIGRATION_STATES]) state?: MigrationState;
  /** Only those that have not ended, or only those that have. */
  @Optional() @IsBoolean() active?: boolean;
}
export class ListMigrations extends PageRequest {
  @Optional() @One(() => MigrationFilter) filter?: MigrationFilter;
}
export class MigrationList {
  @Many(() => Migration) items!: Migration[];
  @Nullable() @Text() nextCursor!: string | null;
}

export class DrainHost {
  @Token() hostId!: string;
  @Optional() @IsBoolean() dryRun?: boolean;
}
export class DrainedMigration {
  /** Missing in the answer to a dry run. */
  @Optional() @Text(128) migrationId?: string;
  @Token() vmId!: string;
  @Token() targetHostId!: string;
}
export class BlockedVm {
  @Token() vmId!: string;
  @Text(64) code!: string;
  @Text(4096) message!: string;
}
export class Drain {
  @Many(() => DrainedMigration) migrations!: DrainedMigration[];
  @Many(() => BlockedVm) blocked!: BlockedVm[];
}
export class UndrainHost {
  @Token() hostId!: string;
}
