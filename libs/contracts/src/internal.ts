import { IsBoolean, IsIn } from 'class-validator';
import { Nothing } from './api-common.js';
import { CordonDevice, TagDevice } from './api-devices.js';
import { Reservation } from './api-vms.js';
import { ReservedDevice } from './vm-events.js';
import { IsDeviceId, Many, Nullable, One, Optional, Text, Token, Tokens, Whole } from './fields.js';
import { DeviceMove, MoveBlocker, StartMigration, UndrainHost } from './migration.js';
import { DeviceRequest, MigrationDeadlines } from './request.js';
import { VM_STATES, type VmState } from './vm-facts.js';

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
  /** Whose place it takes; without it the first device of the request whose target has gone or was tried. */
  @Optional() @IsDeviceId() sourceDeviceId?: string;
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

/** Marks a host as draining, unless `drain` is false, and asks which VMs hold devices there. */
export class VmsOnHost {
  @Token() hostId!: string;
  @Optional() @IsBoolean() drain?: boolean;
}
export class HostVms {
  /** Those that hold longest first. */
  @Tokens() vmIds!: string[];
  @IsBoolean() draining!: boolean;
}
export class PlanDrain {
  @Token() hostId!: string;
}
/** One plan for each VM, no two of them with one device; nothing is held. */
export class DrainPlan {
  @Many(() => MovePlan) plans!: MovePlan[];
}

/** More devices for a VM, beside what it holds on its host. The same operation again answers the same. */
export class ExtendVm {
  @Token() vmId!: string;
  @Many(() => DeviceRequest) devices!: DeviceRequest[];
  @Text(128) operationId!: string;
}
export class ExtendedVm {
  @One(() => Reservation) reservation!: Reservation;
  /** What was added, to be plugged in. */
  @Many(() => ReservedDevice) added!: ReservedDevice[];
}
/** A VM gives back one request or one device, after it was unplugged. One of the two is said. */
export class ShrinkVm {
  @Token() vmId!: string;
  @Optional() @Text(256) requestName?: string;
  @Optional() @IsDeviceId() deviceId?: string;
}
export class ShrunkVm {
  /** Null when the VM holds nothing any more. */
  @Nullable() @One(() => Reservation) reservation!: Reservation | null;
  @Many(() => ReservedDevice) removed!: ReservedDevice[];
}

/** Whether a VM runs, what it holds, and what it would give back; changes nothing. */
export class InspectVm extends ShrinkVm {}
export class InspectedVm {
  /** It is `running` or `paused`: devices are plugged in and unplugged. */
  @IsBoolean() running!: boolean;
  /** As its platform said last, and where. */
  @Optional() @IsIn([...VM_STATES]) state?: VmState;
  @Optional() @Token() hostId?: string;
  @Nullable() @One(() => Reservation) reservation!: Reservation | null;
  /** What it would give back, as far as its host still has it. */
  @Many(() => ReservedDevice) removed!: ReservedDevice[];
  /** As the policies say of the devices that are meant, or of all that it holds. */
  @One(() => MigrationDeadlines) deadlines!: MigrationDeadlines;
}

/** What an operator says of a device; the read side adds which host has it. */
export class CordonOnHost extends CordonDevice {
  @Token() hostId!: string;
}
export class TagOnHost extends TagDevice {
  @Token() hostId!: string;
}

export const INTERNAL = {
  'devices.cordon': { request: CordonOnHost, reply: Nothing },
  'devices.uncordon': { request: CordonOnHost, reply: Nothing },
  'devices.tag': { request: TagOnHost, reply: Nothing },
  'moves.plan': { request: PlanMove, reply: MovePlan },
  'moves.replace': { request: ReplaceTarget, reply: ReplacedTarget },
  'moves.settle': { request: SettleMove, reply: SettledMove },
  'hosts.vms': { request: VmsOnHost, reply: HostVms },
  'hosts.planDrain': { request: PlanDrain, reply: DrainPlan },
  'hosts.undrain': { request: UndrainHost, reply: Nothing },
  'vms.extend': { request: ExtendVm, reply: ExtendedVm },
  'vms.shrink': { request: ShrinkVm, reply: ShrunkVm },
  'vms.inspect': { request: InspectVm, reply: InspectedVm },
} as const;
export type InternalName = keyof typeof INTERNAL;

/** Asked of the allocator by other services, never by users. */
export const internalSubject = (name: InternalName): string => `vfleet.internal.allocator.${name}`;
