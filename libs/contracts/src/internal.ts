import { IsBoolean, IsIn } from 'class-validator';
import { IsDeviceId, Many, Nullable, One, Optional, Text, Token, Whole } from './fields.js';
import { DeviceMove, MoveBlocker, StartMigration } from './migration.js';
import { MigrationDeadlines } from './request.js';

/**
 * What the migrator asks the allocator, which alone decides who holds what. Not part of the public API: other programs use
 * `vfleet.api`. Each may be asked twice without harm.
 */
export class PlanMove extends StartMigration {
  /** Holds what was planned for this migration; without one nothing is held. */
  @Optional() @Text(128) migrationId?: string;
}
/** Where a VM would go, with which devices; or everything that stands in its way. */
export class MovePlan {
  @Token() vmId!: string;
  @Nullable() @Token() sourceHostId!: string | null;
  @Nullable() @Token() targetHostId!: string | null;
  @Many(() => DeviceMove) devices!: DeviceMove[];
  @One(() => MigrationDeadlines) deadlines!: MigrationDeadlines;
  @Many(() => MoveBlocker) blockers!: MoveBlocker[];
  /** What was planned is held. */
  @IsBoolean() held!: boolean;
}
export class TriedDevice {
  @IsDeviceId() deviceId!: string;
}
/** Another device in place of one that was held for a migration and has gone, or cannot be plugged. */
export class ReplaceTarget {
  @Text(128) migrationId!: string;
  @Token() vmId!: string;
  @Text(256) requestName!: string;
  /** Devices that were tried already. */
  @Many(() => TriedDevice) tried!: TriedDevice[];
}
export class ReplacedTarget {
  @Nullable() @One(() => DeviceMove) device!: DeviceMove | null;
}
/** `target`: the VM is there now, the source is released; `source`: it stayed, the target is released. */
export class SettleMove {
  @Text(128) migrationId!: string;
  @Token() vmId!: string;
  @IsIn(['source', 'target']) at!: 'source' | 'target';
}
export class SettledMove {
  @Whole() released!: number;
}

export const INTERNAL = {
  'moves.plan': { request: PlanMove, reply: MovePlan },
  'moves.replace': { request: ReplaceTarget, reply: ReplacedTarget },
  'moves.settle': { request: SettleMove, reply: SettledMove },
} as const;
export type InternalName = keyof typeof INTERNAL;

/** Asked of the allocator by other services, never by users. */
export const internalSubject = (name: InternalName): string => `vfleet.internal.allocator.${name}`;
