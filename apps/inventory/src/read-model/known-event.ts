import { isEventName, type DomainEvent, type EventData, type EventName } from '@vfleet/contracts';
import type { RecordedEvent } from '@vfleet/journal';

/** An event that this version understands, with its place in the log. */
export type KnownEvent = DomainEvent & Pick<RecordedEvent, 'position' | 'recordedAt'>;

/** What an event is about: whose rows it may change, and in whose history it stands. */
export interface Subjects {
  readonly hostId?: string;
  readonly deviceIds?: readonly string[];
  readonly vmId?: string;
}

type Device = Pick<EventData<'DeviceRemoved'>, 'hostId' | 'deviceId'>;
type Hold = Pick<EventData<'DevicesReleased'>, 'hostId' | 'vmId' | 'devices'>;

const ofDevice = ({ hostId, deviceId }: Device): Subjects => ({ hostId, deviceIds: [deviceId] });
const ofHost = ({ hostId }: { readonly hostId: string }): Subjects => ({ hostId });
const ofHold = ({ hostId, vmId, devices }: Hold): Subjects => ({ hostId, vmId, deviceIds: devices.map(({ deviceId }) => deviceId) });
const ofHeldDevice = ({ hostId, deviceId, vmId }: Device & { readonly vmId: string }): Subjects => ({ hostId, vmId, deviceIds: [deviceId] });
const ofVm = ({ vmId }: { readonly vmId: string }): Subjects => ({ vmId });
const ofNothing = (): Subjects => ({});

/** Every event stands here: one that is added to the contracts does not compile until somebody has decided. */
const SUBJECTS: { readonly [Name in EventName]: (data: EventData<Name>) => Subjects } = {
  DeviceDiscovered: ofDevice,
  DeviceChanged: ofDevice,
  DeviceRenamed: ofDevice,
  DeviceReaddressed: ofDevice,
  DeviceRemoved: ofDevice,
  DeviceMissing: ofDevice,
  DeviceReturned: ofDevice,
  DeviceLost: ofDevice,
  HostOnline: ofHost,
  HostOffline: ofHost,
  HostStale: ofHost,
  HostRecovered: ofHost,
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
  // Whose devices a model changes is not in its events: `model-changes.ts` finds them.
  ModelRegistered: ofNothing,
  ModelRemoved: ofNothing,
  AliasPut: ofNothing,
  AliasRemoved: ofNothing,
  OfferingPut: ofNothing,
  OfferingRemoved: ofNothing,
  QuotaPut: ofNothing,
  QuotaRemoved: ofNothing,
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
