import { Matches } from 'class-validator';
import {
  ModelRegisteredEvent,
  ModelRemovedEvent,
  AliasPutEvent,
  AliasRemovedEvent,
  OfferingPutEvent,
  OfferingRemovedEvent,
  PolicyPutEvent,
  PolicyRemovedEvent,
  QuotaPutEvent,
  QuotaRemovedEvent,
  EligibilityPutEvent,
} from './catalog-events.js';
import {
  DeviceDiscoveredEvent,
  DeviceChangedEvent,
  DeviceReturnedEvent,
  DeviceRenamedEvent,
  DeviceReaddressedEvent,
  DeviceRemovedEvent,
  DeviceMissingEvent,
  DeviceCordonedEvent,
  DeviceUncordonedEvent,
  DeviceTaggedEvent,
} from './device-events.js';
import {
  HostOnlineEvent,
  HostOfflineEvent,
  HostStaleEvent,
  HostRecoveredEvent,
  HostDrainingEvent,
  HostUndrainedEvent,
  InventoryDivergedEvent,
} from './host-events.js';
import { HOTPLUG_EVENTS } from './hotplug-events.js';
import { MIGRATION_EVENTS } from './migration-events.js';
import {
  DevicesReservedEvent,
  DevicesReleasedEvent,
  ReleasePendingEvent,
  ReservationRejectedEvent,
  ReservationAdoptedEvent,
  ReservationOrphanedEvent,
  AttachmentDisputedEvent,
  IsolationLostEvent,
  PromiseBrokenEvent,
  DeviceLostEvent,
  VmStateIgnoredEvent,
  VmStateRecordedEvent,
} from './vm-events.js';

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
