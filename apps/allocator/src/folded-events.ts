import type { DomainEvent } from '@vfleet/contracts';
import type { CatalogEvent } from './domain/catalog.js';
import type { HostEvent } from './domain/host.js';

// Which events change what memory holds of a VM, of the catalogue, of a host. Others, of a newer version, are passed over.

export const VM_EVENTS: ReadonlySet<string> = new Set<DomainEvent['type']>(['VmStateRecorded', 'VmStateIgnored', 'ReservationRejected']);
export const CATALOG_EVENTS: ReadonlySet<string> = new Set<CatalogEvent['type']>([
  'ModelRegistered',
  'ModelRemoved',
  'AliasPut',
  'AliasRemoved',
  'OfferingPut',
  'OfferingRemoved',
  'PolicyPut',
  'PolicyRemoved',
  'QuotaPut',
  'QuotaRemoved',
  'EligibilityPut',
]);
export const HOST_EVENTS: ReadonlySet<string> = new Set<HostEvent['type']>([
  'HostOnline',
  'HostOffline',
  'HostStale',
  'HostRecovered',
  'HostDraining',
  'HostUndrained',
  'InventoryDiverged',
  'DeviceDiscovered',
  'DeviceChanged',
  'DeviceReturned',
  'DeviceRenamed',
  'DeviceReaddressed',
  'DeviceRemoved',
  'DeviceMissing',
  'DeviceCordoned',
  'DeviceUncordoned',
  'DeviceTagged',
  'DevicesReserved',
  'DevicesReleased',
  'ReleasePending',
  'DeviceLost',
  'ReservationAdopted',
  'ReservationOrphaned',
  'AttachmentDisputed',
  'IsolationLost',
  'PromiseBroken',
]);
