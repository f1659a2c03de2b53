import { IsBoolean, IsIn, Matches } from 'class-validator';
import { Alias, CatalogName, Eligibility, Model, ModelName, Offering, PutQuota } from './catalog.js';
import { DeviceObservation, DeviceTags } from './device.js';
import { IsDeviceId, Many, Nullable, One, Optional, Text, Time, Token, Tokens, Whole, Wholes } from './fields.js';
import { HostDescription } from './host-facts.js';
import { HOTPLUG_EVENTS } from './hotplug-events.js';
import { DeviceRequest, MigrationChoice, UnmetRequest } from './request.js';
import { MIGRATION_EVENTS } from './migration-events.js';
import { Policy } from './migration.js';
import { VM_STATES, type VmState } from './vm-facts.js';

/** Which fact of the agent led to an event; a fact that is not newer than this is not applied again. */
export class Observed {
  @Text(64) epoch!: string;
  @Whole() sequence!: number;
  @Time() observedAt!: string;
}

class DeviceEvent {
  @Token() hostId!: string;
  @IsDeviceId() deviceId!: string;
  @Text(64) address!: string;
}
class ObservedDeviceEvent extends DeviceEvent {
  @One(() => Observed) observed!: Observed;
}
class WholeDeviceEvent extends ObservedDeviceEvent {
  @One(() => DeviceObservation) device!: DeviceObservation;
}

export class DeviceDiscoveredEvent extends WholeDeviceEvent {}
export class DeviceChangedEvent extends WholeDeviceEvent {}
/** A device that had vanished while held is seen again. */
export class DeviceReturnedEvent extends WholeDeviceEvent {
  /** The VM that holds it, and finds it at this address. */
  @Optional() @Token() vmId?: string;
}
export class DeviceRenamedEvent extends ObservedDeviceEvent {
  @Nullable() @Text(256) previousName!: string | null;
  @Nullable() @Text(256) name!: string | null;
}
export class DeviceReaddressedEvent extends ObservedDeviceEvent {
  @Text(64) previousAddress!: string;
  /** The VM that holds it, and finds it at the new address. */
  @Optional() @Token() vmId?: string;
}
export class DeviceRemovedEvent extends ObservedDeviceEvent {
  @Text() reason!: string;
}
/** Vanished while held: it stays, with its holder, as missing. */
export class DeviceMissingEvent extends ObservedDeviceEvent {
  @Text() reason!: string;
  @Token() vmId!: string;
}
/** An operator's word: the device is given to nobody new, whoever holds it now. */
export class DeviceCordonedEvent extends DeviceEvent {
  @Optional() @Text() reason?: string;
}
export class DeviceUncordonedEvent extends DeviceEvent {
  @Optional() @Text() reason?: string;
}
/** What an operator changed; it goes before what the host's agent says of the same tags. Null: the device does not have the tag. */
export class DeviceTaggedEvent extends DeviceEvent {
  @DeviceTags() tags!: Record<string, string | null>;
}

class HostEvent {
  @Token() hostId!: string;
}
export class HostOnlineEvent extends HostEvent {
  @One(() => HostDescription) host!: HostDescription;
  @One(() => Observed) observed!: Observed;
}
export class HostOfflineEvent extends HostEvent {
  @Text() reason!: string;
  @One(() => Observed) observed!: Observed;
}
export class HostStaleEvent extends HostEvent {
  @Time() lastSeenAt!: string;
}
export class HostRecoveredEvent extends HostEvent {
  @Time() lastSeenAt!: string;
}
/** The host takes no new VMs: an operator empties it. */
export class HostDrainingEvent extends HostEvent {}
export class HostUndrainedEvent extends HostEvent {}
/** What the agent attests differs from what the journal holds; the agent is asked for everything. */
export class InventoryDivergedEvent extends HostEvent {
  @Whole() attested!: number;
  @Whole() known!: number;
  /** The digest that the agent attested. */
  @Text(64) digest!: string;
}

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

export class ModelRegisteredEvent extends Model {}
export class ModelRemovedEvent extends ModelName {}
export class AliasPutEvent extends Alias {}
export class AliasRemovedEvent extends CatalogName {}
export class OfferingPutEvent extends Offering {}
export class OfferingRemovedEvent extends CatalogName {}
export class PolicyPutEvent extends Policy {}
export class PolicyRemovedEvent extends CatalogName {}
/** `name`: the tenant and a short hash of the match. */
export class QuotaPutEvent extends PutQuota {
  @Text(300) name!: string;
}
export class QuotaRemovedEvent extends CatalogName {}

/** The only entry of its kind in the catalogue. */
export const ELIGIBILITY = 'excluded-classes';
/** `name` is always `excluded-classes`. */
export class EligibilityPutEvent extends Eligibility {
  @Text(64) name!: string;
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

/** Every event that the system writes to its journal: what it is about, and the form of its data. */
export const EVENTS = {
  DeviceDiscovered: { context: 'device', data: DeviceDiscoveredEvent },
  DeviceChanged: { context: 'device', data: DeviceChangedEvent },
  DeviceRenamed: { context: 'device', data: DeviceRenamedEvent },
  DeviceReaddressed: { context: 'device', data: DeviceReaddressedEvent },
  DeviceRemoved: { context: 'device', data: DeviceRemovedEvent },
  DeviceMissing: { context: 'device', data: DeviceMissingEvent },
  DeviceReturned: { context: 'device', data: DeviceReturnedEvent },
  DeviceCordoned: { context: 'device', data: DeviceCordonedEvent },
  DeviceUncordoned: { context: 'device', data: DeviceUncordonedEvent },
  DeviceTagged: { context: 'device', data: DeviceTaggedEvent },
  HostOnline: { context: 'host', data: HostOnlineEvent },
  HostOffline: { context: 'host', data: HostOfflineEvent },
  HostStale: { context: 'host', data: HostStaleEvent },
  HostRecovered: { context: 'host', data: HostRecoveredEvent },
  InventoryDiverged: { context: 'host', data: InventoryDivergedEvent },
  DevicesReserved: { context: 'vm', data: DevicesReservedEvent },
  DevicesReleased: { context: 'vm', data: DevicesReleasedEvent },
  ReleasePending: { context: 'vm', data: ReleasePendingEvent },
  ReservationRejected: { context: 'vm', data: ReservationRejectedEvent },
  DeviceLost: { context: 'vm', data: DeviceLostEvent },
  VmStateIgnored: { context: 'vm', data: VmStateIgnoredEvent },
  VmStateRecorded: { context: 'vm', data: VmStateRecordedEvent },
  ReservationAdopted: { context: 'vm', data: ReservationAdoptedEvent },
  ReservationOrphaned: { context: 'vm', data: ReservationOrphanedEvent },
  AttachmentDisputed: { context: 'vm', data: AttachmentDisputedEvent },
  IsolationLost: { context: 'vm', data: IsolationLostEvent },
  PromiseBroken: { context: 'vm', data: PromiseBrokenEvent },
  ModelRegistered: { context: 'catalog', catalog: 'model', data: ModelRegisteredEvent },
  ModelRemoved: { context: 'catalog', catalog: 'model', data: ModelRemovedEvent },
  AliasPut: { context: 'catalog', catalog: 'alias', data: AliasPutEvent },
  AliasRemoved: { context: 'catalog', catalog: 'alias', data: AliasRemovedEvent },
  OfferingPut: { context: 'catalog', catalog: 'offering', data: OfferingPutEvent },
  OfferingRemoved: { context: 'catalog', catalog: 'offering', data: OfferingRemovedEvent },
  ...MIGRATION_EVENTS,
  PolicyPut: { context: 'catalog', catalog: 'policy', data: PolicyPutEvent },
  PolicyRemoved: { context: 'catalog', catalog: 'policy', data: PolicyRemovedEvent },
  HostDraining: { context: 'host', data: HostDrainingEvent },
  HostUndrained: { context: 'host', data: HostUndrainedEvent },
  QuotaPut: { context: 'catalog', catalog: 'quota', data: QuotaPutEvent },
  QuotaRemoved: { context: 'catalog', catalog: 'quota', data: QuotaRemovedEvent },
  EligibilityPut: { context: 'catalog', catalog: 'eligibility', data: EligibilityPutEvent },
  ...HOTPLUG_EVENTS,
} as const;

export type EventName = keyof typeof EVENTS;
export type EventContext = (typeof EVENTS)[EventName]['context'];
export type EventData<Name extends EventName> = InstanceType<(typeof EVENTS)[Name]['data']>;
/** An event as the domain speaks of it: its name and its data. */
export type DomainEvent<Name extends EventName = EventName> = { readonly [N in Name]: { readonly type: N; readonly data: EventData<N> } }[Name];
export const UUID_PATTERN = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
export const IsUuid = (): PropertyDecorator => Matches(UUID_PATTERN);
