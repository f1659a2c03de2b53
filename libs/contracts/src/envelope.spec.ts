import { describe, expect, it } from '@jest/globals';
import { cloudEventJson, fromCloudEvent, isEventName, subjectOf, toCloudEvent, type JournalEvent } from './envelope.js';

const event: JournalEvent = {
  position: 1234,
  stream: 'host-h1',
  version: 7,
  id: '019aa0c4-6000-7000-8000-000000000001',
  type: 'DevicesReserved',
  data: { vmId: 'vm-1', hostId: 'h1' },
  meta: { source: 'allocator', correlationId: 'c', causationId: 'k', traceparent: 't' },
  recordedAt: '2026-11-20T10:00:00.000Z',
};

describe('an event on its way out', () => {
  it('is a CloudEvent with the extensions of vfleet', () => {
    expect(toCloudEvent(event)).toEqual({
      specversion: '1.0',
      id: event.id,
      source: '/vfleet/allocator',
      type: 'io.vfleet.DevicesReserved.v1',
      subject: 'host-h1',
      time: event.recordedAt,
      datacontenttype: 'application/json',
      data: event.data,
      position: '1234',
      version: 7,
      correlationid: 'c',
      causationid: 'k',
      traceparent: 't',
    });
  });

  it('comes back as it left', () => {
    expect(fromCloudEvent(toCloudEvent(event))).toEqual(event);
    const bare = { ...event, meta: { source: 'allocator' } };
    expect(fromCloudEvent(toCloudEvent(bare))).toEqual(bare);
  });

  it('is the same as a text, whether or not its data is known as one', () => {
    const text = JSON.stringify(event.data);
    expect(JSON.parse(cloudEventJson(event))).toEqual(toCloudEvent(event));
    expect(cloudEventJson({ ...event, text })).toBe(cloudEventJson(event));
  });

  it('leaves out what it does not know', () => {
    expect(Object.keys(toCloudEvent({ ...event, meta: {} }))).not.toContain('correlationid');
  });

  it.each([
    ['DeviceRenamed', { hostId: 'h1', deviceId: 'd1' }, 'vfleet.evt.device.h1.d1.DeviceRenamed'],
    ['HostStale', { hostId: 'h1' }, 'vfleet.evt.host.h1.h1.HostStale'],
    ['DevicesReserved', { hostId: 'h1', vmId: 'vm-1' }, 'vfleet.evt.vm.h1.vm-1.DevicesReserved'],
    ['ReservationRejected', { vmId: 'vm-1' }, 'vfleet.evt.vm.-.vm-1.ReservationRejected'],
    ['VmMigrated', { migrationId: 'm-1', vmId: 'vm-1', targetHostId: 'h2' }, 'vfleet.evt.migration.m-1.vm-1.VmMigrated'],
    ['HostdevPlugged', { migrationId: 'm-1', vmId: 'vm-1', hostId: 'h2', deviceId: 'd1' }, 'vfleet.evt.migration.m-1.vm-1.HostdevPlugged'],
    ['PolicyPut', { name: 'nic_hotplug' }, 'vfleet.evt.catalog.policy.nic_5Fhotplug.PolicyPut'],
    ['SomethingNewer', { hostId: 'h1' }, 'vfleet.evt.other.h1.h1.SomethingNewer'],
  ])('%s leaves on a subject that says what it is about', (type, data, subject) => {
    expect(subjectOf({ type, data })).toBe(subject);
  });

  it('is known by its name, and not by a name that every object knows', () => {
    expect(isEventName('DevicesReserved')).toBe(true);
    expect(isEventName('constructor')).toBe(false);
  });
});
