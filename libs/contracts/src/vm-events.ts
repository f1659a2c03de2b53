import { IsBoolean, IsIn } from 'class-validator';
import { IsDeviceId, Many, One, Optional, Text, Time, Token, Tokens, Whole, Wholes } from './fields.js';
import { DeviceRequest, MigrationChoice, UnmetRequest } from './request.js';
import { VM_STATES, type VmState } from './vm-facts.js';

/** A device as a reservation names it. */
export class ReservedDevice {
  @IsDeviceId() deviceId!: string;
  @Text(64) address!: string;
  @Text(256) requestName!: string;
  /** Goes along with its IOMMU group. */
  @Optional() @IsBoolean() affected?: boolean;
  @Optional() @Text(16) kind?: string;
  @Optional() @Text(256) name?: string;
  /** Kept over stop and start. */
  @Optional() @IsBoolean() keepOnStop?: boolean;
  /** On the target of a move: the device on the source whose place it takes. */
  @Optional() @IsDeviceId() movesFrom?: string;
  /** The operation by which it was added to what its VM held already. */
  @Optional() @Text(128) addedBy?: string;
  /** What its VM has for a MAC on it: its own when it was given, that of the device whose place it has taken in a move. */
  @Optional() @Text(64) mac?: string;
  /** As its tag `vlan` said when it was given; 0 is none. Goes along in moves, as the MAC does. */
  @Optional() @Whole(0, 4095) vlan?: number;
  /** How it moves, as its request and the alias and the offering behind it said when it was given: for when those are stored no more. */
  @Optional() @One(() => MigrationChoice) migration?: MigrationChoice;
}

class VmEvent {
  @Token() vmId!: string;
}
class ReservationEvent extends VmEvent {
  @Token() hostId!: string;
  @Text(64) reservationId!: string;
  @Many(() => ReservedDevice) devices!: ReservedDevice[];
}
export class DevicesReservedEvent extends ReservationEvent {
  @Time() reservedAt!: string;
  /** What was asked for, so that the same wish is recognised when it comes again. */
  @Many(() => DeviceRequest) requests!: DeviceRequest[];
  @Optional() @Text(256) offering?: string;
  /** The VM's NUMA nodes, near which they were chosen. */
  @Optional() @Wholes() numaNodes?: number[];
  /** Whose quotas the devices count against. */
  @Optional() @Text(256) tenant?: string;
  /** Held on the target of this migration, beside what the VM holds on its source. */
  @Optional() @Text(128) migrationId?: string;
  /** Not everything that was asked for: the VM moves without the rest. */
  @Optional() @IsBoolean() partial?: boolean;
  /** The host shares IOMMU groups; isolation is not promised. */
  @Optional() @IsBoolean() unsafe?: boolean;
}
export class DevicesReleasedEvent extends ReservationEvent {
  /** The VM state, or why else: `request`, `cold-move`, `changed-wish`, `migrated`, `migration-aborted`, `replaced`, `extended`, `detached`. */
  @Text(64) cause!: string;
}
/** The VM has let go, its host still has the devices attached: given to nobody until the host attests them free. */
export class ReleasePendingEvent extends ReservationEvent {
  @Text(64) cause!: string;
}
export class ReservationRejectedEvent extends VmEvent {
  @Optional() @Token() hostId?: string;
  @Text(64) code!: string;
  @Text(4096) message!: string;
  @Many(() => UnmetRequest) unmet!: UnmetRequest[];
}
/** A device was found attached to a VM, and no reservation covered it: it is the VM's from now on. */
export class ReservationAdoptedEvent extends ReservationEvent {
  @Time() adoptedAt!: string;
  /** Whose quotas the devices count against. */
  @Optional() @Text(256) tenant?: string;
}
/**
 * The host no longer has anything of a reservation attached, and nobody said that the VM has ended: it may be gone. Or
 * something was found attached to a VM of which nobody has told.
 */
export class ReservationOrphanedEvent extends ReservationEvent {
  @Text() reason!: string;
  /** Nobody has told of the VM; what is attached to it is held for it. */
  @Optional() @IsBoolean() vmUnknown?: boolean;
}
/** A host has a device attached to a VM that does not hold it, while another one does. */
export class AttachmentDisputedEvent extends VmEvent {
  @Token() hostId!: string;
  @IsDeviceId() deviceId!: string;
  @Text(64) address!: string;
  /** The VM that holds the device. */
  @Token() holder!: string;
}
/** A held device turned up in an IOMMU group that another VM uses. */
export class IsolationLostEvent extends VmEvent {
  @Token() hostId!: string;
  @Text(64) reservationId!: string;
  @IsDeviceId() deviceId!: string;
  @Text(64) address!: string;
  @Whole() iommuGroup!: number;
  /** The other VMs of the group. */
  @Tokens() sharedWith!: string[];
}
/** What a device was given for no longer holds: its holder keeps it, and nobody else gets it. */
export class PromiseBrokenEvent extends VmEvent {
  @Token() hostId!: string;
  @Text(64) reservationId!: string;
  @IsDeviceId() deviceId!: string;
  @Text(64) address!: string;
  /** The rule that would keep the device from being given now. */
  @Text(64) code!: string;
  @Text() message!: string;
}

/** A held device vanished; the VM's owner must know. */
export class DeviceLostEvent extends VmEvent {
  @Token() hostId!: string;
  @Text(64) reservationId!: string;
  @IsDeviceId() deviceId!: string;
  @Text(64) address!: string;
  @Text() reason!: string;
}
export class VmStateIgnoredEvent extends VmEvent {
  @Optional() @Token() hostId?: string;
  @IsIn([...VM_STATES]) state!: VmState;
  @Text(64) code!: string;
  @Text() message!: string;
  @Optional() @Whole() sequence?: number;
  @Optional() @Time() occurredAt?: string;
}
/** A VM that has wishes, or holds something, is in a new state. */
export class VmStateRecordedEvent extends VmEvent {
  @IsIn([...VM_STATES]) state!: VmState;
  @Optional() @Token() hostId?: string;
  @Optional() @Whole() sequence?: number;
  @Time() occurredAt!: string;
  @Many(() => DeviceRequest) devices!: DeviceRequest[];
  @Optional() @Text(256) offering?: string;
  @Optional() @Wholes() numaNodes?: number[];
  @Optional() @Text(256) tenant?: string;
  @Optional() @IsBoolean() standby?: boolean;
  /** The wishes came while the VM had something else: they are served at its next start. */
  @Optional() @IsBoolean() noted?: boolean;
}
