import { IsBoolean, IsIn } from 'class-validator';
import { PageRequest } from './api-common.js';
import { ReservedDevice } from './vm-events.js';
import { AnyObject, At, Many, NumaNodes, Nullable, One, Optional, Text, Time, Token, Whole, Wholes } from './fields.js';
import { DeviceRequest } from './request.js';
import { VM_STATES, type VmState } from './vm-facts.js';

/** A VM's hold on devices of one host. `releasing` until its host attests that the devices are free. */
export class Reservation {
  /** Missing in the answer to a dry run. */
  @Optional() @Text(64) reservationId?: string;
  @Token() vmId!: string;
  @Token() hostId!: string;
  @IsIn(['held', 'releasing']) state!: 'held' | 'releasing';
  @Time() since!: string;
  @Many(() => ReservedDevice) devices!: ReservedDevice[];
  @Optional() @IsBoolean() unsafe?: boolean;
  /** Found attached on its host; nobody asked for it. */
  @Optional() @IsBoolean() adopted?: boolean;
  /** Its host no longer has any of it attached, and nobody said that the VM has ended. */
  @Optional() @IsBoolean() orphaned?: boolean;
  /** Held on the target of this migration, beside what the VM holds on its source. */
  @Optional() @Text(128) migrationId?: string;
}

/** What became of a reported VM state, after its commit. */
export class VmReportOutcome {
  @IsIn(['reserved', 'released', 'recorded', 'ignored']) outcome!: 'reserved' | 'released' | 'recorded' | 'ignored';
  @Optional() @One(() => Reservation) reservation?: Reservation;
  /** Devices given back, or on their way back. */
  @Optional() @Whole() released?: number;
  @Optional() @Text(64) code?: string;
  @Optional() @Text() message?: string;
}

export class GetVm {
  @Token() vmId!: string;
  /** A time or a position: the answer as it was then. */
  @Optional() @At() at?: string | number;
}
/** What happened to a VM: its states, what it was given and refused, its moves. */
export class VmHistory extends PageRequest {
  @Token() vmId!: string;
}
export class VmWishes {
  @Many(() => DeviceRequest) devices!: DeviceRequest[];
  @Optional() @Text(256) offering?: string;
  @Optional() @Wholes() numaNodes?: number[];
}
/** A VM's newest state, what it wants, and what it holds. */
export class Vm {
  @Token() vmId!: string;
  @IsIn([...VM_STATES]) state!: VmState;
  @Nullable() @Token() hostId!: string | null;
  @Nullable() @Whole() sequence!: number | null;
  @Time() occurredAt!: string;
  @One(() => VmWishes) wishes!: VmWishes;
  @Nullable() @One(() => Reservation) reservation!: Reservation | null;
  @Many(() => ReservedDevice) devices!: ReservedDevice[];
  @Optional() @Text(256) tenant?: string;
  /** The move that it is in the middle of; `reservation` is the source's until that is settled. */
  @Optional() @Text(128) migrationId?: string;
}

export class Reserve {
  @Token() vmId!: string;
  @Optional() @Token() hostId?: string;
  @Optional() @Many(() => DeviceRequest) devices?: DeviceRequest[];
  @Optional() @Text(256) offering?: string;
  @Optional() @NumaNodes() numaNodes?: number[];
  @Optional() @IsBoolean() dryRun?: boolean;
  /** Whose VM it is; what the VM's states say counts where it is left out. */
  @Optional() @Text(256) tenant?: string;
}
export class Release {
  @Token() vmId!: string;
  @Optional() @Text(64) reservationId?: string;
}
export class Released {
  @Whole() released!: number;
}
export class GetReservation {
  @Token() vmId!: string;
}
export class ReservationFilter {
  @Optional() @Token() hostId?: string;
  @Optional() @Token() vmId?: string;
  @Optional() @IsIn(['held', 'releasing']) state?: 'held' | 'releasing';
}
export class ListReservations extends PageRequest {
  @Optional() @One(() => ReservationFilter) filter?: ReservationFilter;
}
export class ReservationList {
  @Many(() => Reservation) items!: Reservation[];
  @Nullable() @Text() nextCursor!: string | null;
}

export class ListDeadLetters extends PageRequest {
  @Optional() @AnyObject() filter?: Record<string, never>;
}
export class GetDeadLetter {
  @Text(64) id!: string;
}
/** A fact that could not be accepted. */
export class DeadLetter {
  @Text(64) id!: string;
  @Text() subject!: string;
  @Text(64) code!: string;
  @Text(4096) message!: string;
  @Text(64) service!: string;
  @Time() receivedAt!: string;
  @Whole() size!: number;
  /** Base64; only from `deadletters.get`. */
  @Optional() @Text(8_388_608) payload?: string;
}
export class DeadLetterList {
  @Many(() => DeadLetter) items!: DeadLetter[];
  @Nullable() @Text() nextCursor!: string | null;
}
