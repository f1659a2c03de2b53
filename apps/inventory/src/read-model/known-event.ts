import { EVENTS, isEventName, type DomainEvent, type EventContext, type EventData, type EventName } from '@vfleet/contracts';
import type { RecordedEvent } from '@vfleet/journal';

/** An event that this version understands, with its place in the log. */
export type KnownEvent = DomainEvent & Pick<RecordedEvent, 'position' | 'recordedAt'>;

type NameIn<Context extends EventContext> = {
  readonly [Name in EventName]: (typeof EVENTS)[Name]['context'] extends Context ? Name : never;
}[EventName];
/** Something happened to a VM's move. Who holds which device is never told by these, but by reservations. */
export type MigrationEvent = Extract<KnownEvent, { readonly type: NameIn<'migration'> }>;
/** Something was put under a name, or taken away: no row of a device, a host or a VM shows it. */
export type CatalogEvent = Extract<KnownEvent, { readonly type: NameIn<'catalog'> }>;

export const isMigrationEvent = (event: KnownEvent): event is MigrationEvent => EVENTS[event.type].context === 'migration';
export const isCatalogEvent = (event: KnownEvent): event is CatalogEvent => EVENTS[event.type].context === 'catalog';

/** What an event is about: whose rows it may change, and in whose history it stands. */
export interface Subjects {
  readonly hostId?: string;
  readonly deviceIds?: readonly string[];
  readonly vmId?: string;
  readonly migrationId?: string;
}

type Device = Pick<EventData<'DeviceRemoved'>, 'hostId' | 'deviceId'>;
type Migration = Pick<EventData<'SourceReleased'>, 'migrationId' | 'vmId'>;
type Hold = Pick<EventData<'DevicesReleased'>, 'hostId' | 'vmId' | 'devices'>;

const ofDevice = ({ hostId, deviceId }: Device): Subjects => ({ hostId, deviceIds: [deviceId] });
const ofHost = ({ hostId }: { readonly hostId: string }): Subjects => ({ hostId });
const ofHold = ({ hostId, vmId, devices }: Hold): Subjects => ({ hostId, vmId, deviceIds: devices.map(({ deviceId }) => deviceId) });
const ofHeldDevice = ({ hostId, deviceId, vmId }: Device & { readonly vmId: string }): Subjects => ({ hostId, vmId, deviceIds: [deviceId] });
/** It is the VM's concern as well, if one holds the device. */
const ofDeviceAndHolder = ({ vmId, ...device }: Device & { readonly vmId?: string }): Subjects => ({
  ...ofDevice(device),
  ...(vmId !== undefined && { vmId }),
});
const ofVm = ({ vmId }: { readonly vmId: string }): Subjects => ({ vmId });
const ofMigration = ({ migrationId, vmId }: Migration): Subjects => ({ migrationId, vmId });
/** It stands in the history of the device, and changes no row of its host: who holds what is told by reservations. */
const ofHostdev = ({ deviceId, ...migration }: Migration & { readonly deviceId: string }): Subjects => ({
  ...ofMigration(migration),
  deviceIds: [deviceId],
});
const ofMoves = ({ devices, ...migration }: EventData<'TargetReserved'>): Subjects => ({
  ...ofMigration(migration),
  deviceIds: devices.flatMap(({ source, target }) => [source.deviceId, ...(target ? [target.deviceId] : [])]),
});
const ofReplacement = ({ previousDeviceId, device, ...migration }: EventData<'TargetReplaced'>): Subjects => ({
  ...ofMigration(migration),
  deviceIds: [previousDeviceId, ...(device?.target ? [device.target.deviceId] : [])],
});
/** It moves nothing: no migration is shown of it. */
const ofHotplug = ({ vmId, devices }: { readonly vmId: string; readonly devices: readonly { readonly deviceId: string }[] }): Subjects => ({
  vmId,
  deviceIds: devices.map(({ deviceId }) => deviceId),
});
const ofNothing = (): Subjects => ({});

/** Every event stands here: one that is added to the contracts does not compile until somebody has decided. */
const SUBJECTS: { readonly [Name in EventName]: (data: EventData<Name>) => Subjects } = {
  DeviceDiscovered: ofDevice,
  DeviceChanged: ofDevice,
  DeviceRenamed: ofDevice,
  DeviceReaddressed: ofDeviceAndHolder,
  DeviceRemoved: ofDevice,
  DeviceMissing: ofDevice,
  DeviceCordoned: ofDevice,
  DeviceUncordoned: ofDevice,
  DeviceTagged: ofDevice,
  DeviceReturned: ofDeviceAndHolder,
  DeviceLost: ofDevice,
  HostOnline: ofHost,
  HostOffline: ofHost,
  HostStale: ofHost,
  HostRecovered: ofHost,
  HostDraining: ofHost,
  HostUndrained: ofHost,
  InventoryDiverged: ofNothing,
  DevicesReserved: ofHold,
  DevicesReleased: ofHold,
  ReleasePending: ofHold,
  VmStateRecorded: ofVm,
  VmStateIgnored: ofNothing,
  ReservationRejected: ofNothing,
  ReservationAdopted: ofHold,
  ReservationOrphaned: ofHold,
  AttachmentDisputed: ofHeldDevice,
  IsolationLost: ofHeldDevice,
  PromiseBroken: ofHeldDevice,
  // Whose devices a model or a class changes is not in their events: `rule-changes.ts` finds them.
  ModelRegistered: ofNothing,
  ModelRemoved: ofNothing,
  AliasPut: ofNothing,
  AliasRemoved: ofNothing,
  OfferingPut: ofNothing,
  OfferingRemoved: ofNothing,
  PolicyPut: ofNothing,
  PolicyRemoved: ofNothing,
  QuotaPut: ofNothing,
  QuotaRemoved: ofNothing,
  EligibilityPut: ofNothing,
  MigrationRequested: ofMigration,
  MigrationRejected: ofMigration,
  TargetReserved: ofMoves,
  HostdevUnplugRequested: ofHostdev,
  HostdevUnplugged: ofHostdev,
  VmMigrationReady: ofMigration,
  VmMigrated: ofMigration,
  HostdevPlugRequested: ofHostdev,
  HostdevPlugged: ofHostdev,
  HostdevCommandFailed: ofHostdev,
  TargetReplaced: ofReplacement,
  SourceReleased: ofMigration,
  MigrationCompleted: ofMigration,
  MigrationRollingBack: ofMigration,
  MigrationRolledBack: ofMigration,
  MigrationFailed: ofMigration,
  MigrationCancelled: ofMigration,
  MigrationRetried: ofMigration,
  MigrationResolved: ofMigration,
  HotplugRequested: ofVm,
  HotplugRejected: ofVm,
  HotplugStarted: ofHotplug,
  HotplugUndoing: ofVm,
  HotplugVmEnded: ofVm,
  HotplugCompleted: ofHotplug,
  HotplugFailed: ofHotplug,
};

/** The event as this version knows it; undefined for a newer version's, which is passed over. */
export const asKnown = (event: RecordedEvent): KnownEvent | undefined => (isEventName(event.type) ? (event as unknown as KnownEvent) : undefined);

export const subjectsOf = (event: KnownEvent): Subjects => (SUBJECTS[event.type] as (data: unknown) => Subjects)(event.data);

/**
 * A time that agents or platforms wrote, as RFC 3339 in UTC. What is no time that can be stored (a leap second, a
 * year before 1970) is taken as the time at which it was recorded.
 */
export const timeOf = (text: string | undefined, recordedAt: string): string => {
  const milliseconds = text === undefined ? Number.NaN : Date.parse(text);
  return milliseconds >= 0 ? new Date(milliseconds).toISOString() : recordedAt;
};
