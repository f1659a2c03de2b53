import {
  AffectedDevices,
  AffectedList,
  CordonDevice,
  DeviceHistory,
  DeviceHolders,
  DeviceList,
  GetDevice,
  GetHost,
  History,
  Host,
  HoldingList,
  HostList,
  HostTree,
  HostsProbed,
  ListDevices,
  ListHosts,
  ListPools,
  PoolList,
  ProbeHosts,
  TagDevice,
} from './api-devices.js';
import { CANDIDATES_API } from './api-candidates.js';
import { CATALOG_API } from './catalog.js';
import { HOTPLUG_API } from './hotplug-api.js';
import { MIGRATION_API } from './migration-api.js';
import {
  DeadLetter,
  DeadLetterList,
  GetDeadLetter,
  GetReservation,
  GetVm,
  ListDeadLetters,
  ListReservations,
  Release,
  Released,
  Reservation,
  ReservationList,
  Reserve,
  Vm,
  VmHistory,
  VmReportOutcome,
} from './api-vms.js';
import { Device } from './device.js';
import { GetStatus, SystemStatus } from './system-status.js';
import { VmStateChanged } from './vm-facts.js';

/** Every request of the public API, by what stands after `vfleet.api.`. */
export const API = {
  'devices.list': { request: ListDevices, reply: DeviceList },
  'devices.get': { request: GetDevice, reply: Device },
  'devices.cordon': { request: CordonDevice, reply: Device },
  'devices.uncordon': { request: CordonDevice, reply: Device },
  'devices.tag': { request: TagDevice, reply: Device },
  'devices.history': { request: DeviceHistory, reply: History },
  'devices.affected': { request: AffectedDevices, reply: AffectedList },
  'devices.holders': { request: DeviceHolders, reply: HoldingList },
  'hosts.tree': { request: GetHost, reply: HostTree },
  'hosts.probe': { request: ProbeHosts, reply: HostsProbed },
  'hosts.list': { request: ListHosts, reply: HostList },
  'hosts.get': { request: GetHost, reply: Host },
  'pools.list': { request: ListPools, reply: PoolList },
  'vms.get': { request: GetVm, reply: Vm },
  'vms.history': { request: VmHistory, reply: History },
  'vms.report': { request: VmStateChanged, reply: VmReportOutcome },
  'reservations.reserve': { request: Reserve, reply: Reservation },
  'reservations.release': { request: Release, reply: Released },
  'reservations.get': { request: GetReservation, reply: Reservation },
  'reservations.list': { request: ListReservations, reply: ReservationList },
  ...CANDIDATES_API,
  ...CATALOG_API,
  ...MIGRATION_API,
  ...HOTPLUG_API,
  'deadletters.list': { request: ListDeadLetters, reply: DeadLetterList },
  'deadletters.get': { request: GetDeadLetter, reply: DeadLetter },
  'deadletters.replay': { request: GetDeadLetter, reply: DeadLetter },
  'deadletters.discard': { request: GetDeadLetter, reply: DeadLetter },
  'system.status': { request: GetStatus, reply: SystemStatus },
} as const;

export type ApiName = keyof typeof API;
export type ApiRequest<Name extends ApiName> = InstanceType<(typeof API)[Name]['request']>;
export type ApiReply<Name extends ApiName> = InstanceType<(typeof API)[Name]['reply']>;
