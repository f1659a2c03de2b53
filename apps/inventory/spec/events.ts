import { ELIGIBILITY, EVENTS, deviceIdOf, type EventData, type EventName } from '@vfleet/contracts';
import type { NewEvent, RecordedEvent } from '@vfleet/journal';
import type { DeviceObservation } from '@vfleet/pci';
import { randomUUID } from 'node:crypto';
import type { KnownEvent } from '../src/read-model/known-event.js';

export const T0 = '2026-11-20T10:00:00.000Z';
/** A second for each position after `T0`. */
export const at = (position: number): string => new Date(Date.parse(T0) + position * 1_000).toISOString();

/** An observation of which only what matters is said. */
export const observation = (hostId: string, address: string, more: Partial<DeviceObservation> = {}): DeviceObservation => {
  const identity = more.identity ?? `test:${address}`;
  const fixed = { deviceId: deviceIdOf(hostId, identity), identity, kind: 'pci', address, vendorId: '8086', productId: '10ca', class: '020000' };
  return { ...fixed, driver: 'vfio-pci', functionType: 'plain', iommuGroup: 1, numaNode: null, net: [], hostUse: [], tags: {}, ...more };
};

const streamOf = (type: string, data: object): string => {
  const { hostId, vmId, model, migrationId } = data as Readonly<Record<string, string | undefined>>;
  if (model !== undefined) return `catalog-model-${model}`;
  if ((EVENTS as Readonly<Record<string, { readonly context: string }>>)[type]?.context === 'migration') return `migration-${migrationId}`;
  return type === 'VmStateRecorded' || type === 'ReservationRejected' ? `vm-${vmId}` : `host-${hostId}`;
};

type Told<Name extends EventName> = Extract<KnownEvent, { readonly type: Name }> & RecordedEvent;

/** Events of a made-up cell, each with the position and the version that follow on the ones before. */
export const aLog = () => {
  let position = 0;
  const versions = new Map<string, number>();
  const record = (type: string, data: object): RecordedEvent => {
    const stream = streamOf(type, data);
    const version = (versions.get(stream) ?? 0) + 1;
    versions.set(stream, version);
    position += 1;
    return { position, id: randomUUID(), stream, version, type, data, meta: {}, recordedAt: at(position) };
  };
  const known = <Name extends EventName>(type: Name, data: EventData<Name>): Told<Name> => record(type, data) as Told<Name>;
  const observed = () => ({ epoch: '0190-first', sequence: position + 1, observedAt: at(position + 1) });
  const named = (device: DeviceObservation) => ({ deviceId: device.deviceId, address: device.address, requestName: '10GE-0' });
  return {
    record,
    /** Any event of today. */
    known,
    online: (hostId: string, more: object = {}) =>
      known('HostOnline', { hostId, host: { hostname: hostId, agentVersion: '1', heartbeatSeconds: 10, ...more }, observed: observed() }),
    offline: (hostId: string) => known('HostOffline', { hostId, reason: 'stopped', observed: observed() }),
    stale: (hostId: string) => known('HostStale', { hostId, lastSeenAt: T0 }),
    recovered: (hostId: string) => known('HostRecovered', { hostId, lastSeenAt: at(position + 1) }),
    draining: (hostId: string) => known('HostDraining', { hostId }),
    undrained: (hostId: string) => known('HostUndrained', { hostId }),
    discovered: (hostId: string, device: DeviceObservation) =>
      known('DeviceDiscovered', {
        hostId,
        deviceId: device.deviceId,
        address: device.address,
        device: device as EventData<'DeviceDiscovered'>['device'],
        observed: observed(),
      }),
    changed: (hostId: string, device: DeviceObservation) =>
      known('DeviceChanged', {
        hostId,
        deviceId: device.deviceId,
        address: device.address,
        device: device as EventData<'DeviceChanged'>['device'],
        observed: observed(),
      }),
    returned: (hostId: string, device: DeviceObservation, vmId?: string) =>
      known('DeviceReturned', {
        hostId,
        deviceId: device.deviceId,
        address: device.address,
        device: device as EventData<'DeviceReturned'>['device'],
        observed: observed(),
        ...(vmId !== undefined && { vmId }),
      }),
    renamed: (hostId: string, { deviceId, address, name }: DeviceObservation, next: string | null) =>
      known('DeviceRenamed', { hostId, deviceId, address, previousName: name ?? null, name: next, observed: observed() }),
    readdressed: (hostId: string, { deviceId, address }: DeviceObservation, next: string, vmId?: string) =>
      known('DeviceReaddressed', {
        hostId,
        deviceId,
        previousAddress: address,
        address: next,
        observed: observed(),
        ...(vmId !== undefined && { vmId }),
      }),
    removed: (hostId: string, { deviceId, address }: DeviceObservation) =>
      known('DeviceRemoved', { hostId, deviceId, address, reason: 'unplugged', observed: observed() }),
    missing: (hostId: string, { deviceId, address }: DeviceObservation, vmId: string) =>
      known('DeviceMissing', { hostId, deviceId, address, reason: 'unplugged', vmId, observed: observed() }),
    reserved: (hostId: string, vmId: string, devices: readonly DeviceObservation[], reservationId: string = randomUUID(), migrationId?: string) =>
      known('DevicesReserved', {
        hostId,
        vmId,
        reservationId,
        devices: devices.map(named),
        requests: [{ device: '10GE' }],
        reservedAt: at(position + 1),
        ...(migrationId !== undefined && { migrationId }),
      }),
    released: (hostId: string, vmId: string, devices: readonly DeviceObservation[]) =>
      known('DevicesReleased', { hostId, vmId, reservationId: 'r', devices: devices.map(named), cause: 'stopped' }),
    pending: (hostId: string, vmId: string, devices: readonly DeviceObservation[]) =>
      known('ReleasePending', { hostId, vmId, reservationId: 'r', devices: devices.map(named), cause: 'stopped' }),
    adopted: (hostId: string, vmId: string, devices: readonly DeviceObservation[], reservationId: string = randomUUID()) =>
      known('ReservationAdopted', { hostId, vmId, reservationId, devices: devices.map(named), adoptedAt: at(position + 1) }),
    orphaned: (hostId: string, vmId: string, devices: readonly DeviceObservation[], reservationId = 'r', vmUnknown = false) =>
      known('ReservationOrphaned', {
        hostId,
        vmId,
        reservationId,
        devices: devices.map(named),
        reason: 'nothing of it is attached',
        ...(vmUnknown && { vmUnknown }),
      }),
    disputed: (hostId: string, vmId: string, { deviceId, address }: DeviceObservation, holder: string) =>
      known('AttachmentDisputed', { hostId, vmId, deviceId, address, holder }),
    isolationLost: (hostId: string, vmId: string, { deviceId, address }: DeviceObservation, iommuGroup: number) =>
      known('IsolationLost', { hostId, vmId, reservationId: 'r', deviceId, address, iommuGroup, sharedWith: ['vm-other'] }),
    promiseBroken: (hostId: string, vmId: string, { deviceId, address }: DeviceObservation, code: string) =>
      known('PromiseBroken', { hostId, vmId, reservationId: 'r', deviceId, address, code, message: 'no longer holds' }),
    modelRegistered: (model: string, more: Partial<EventData<'ModelRegistered'>> = {}) =>
      known('ModelRegistered', { model, deviceType: 'smart-nic', vendorId: '8086', productId: '10ca', ...more }),
    modelRemoved: (model: string) => known('ModelRemoved', { model }),
    classesExcluded: (...classes: readonly string[]) =>
      known('EligibilityPut', { name: ELIGIBILITY, excludedClasses: classes.map((code) => ({ class: code })) }),
    cordoned: (hostId: string, { deviceId, address }: DeviceObservation) => known('DeviceCordoned', { hostId, deviceId, address, reason: 'smokes' }),
    uncordoned: (hostId: string, { deviceId, address }: DeviceObservation) => known('DeviceUncordoned', { hostId, deviceId, address }),
    tagged: (hostId: string, { deviceId, address }: DeviceObservation, tags: Readonly<Record<string, string | null>>) =>
      known('DeviceTagged', { hostId, deviceId, address, tags: { ...tags } }),
    vmState: (vmId: string, state: EventData<'VmStateRecorded'>['state'], more: Partial<EventData<'VmStateRecorded'>> = {}) =>
      known('VmStateRecorded', { vmId, state, occurredAt: at(position + 1), devices: [{ device: '10GE' }], ...more }),
  };
};

export type Log = ReturnType<typeof aLog>;

/** What the journal takes; it gives the positions itself. */
export const toNew = ({ id, stream, version, type, data, meta }: RecordedEvent): NewEvent => ({ id, stream, version, type, data, meta });
