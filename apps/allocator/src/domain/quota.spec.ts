import { describe, expect, it } from '@jest/globals';
import type { DeviceObservation, DomainEvent, EventData, ReservedDevice } from '@vfleet/contracts';
import { aDevice } from '@vfleet/testing';
import type { FleetMemory } from '../fleet-memory.js';
import { discovered, fleetOf, given, names, online, only, take } from '../testing/given.js';
import type { Command } from './decide.js';
import { attributesOn, type Host } from './host.js';
import { overQuota } from './quota.js';

const gpu = (slot: number, over: Partial<DeviceObservation> = {}): DeviceObservation =>
  aDevice('h1', `0000:${(slot + 16).toString(16)}:00.0`, { class: '030200', vendorId: '10de', productId: '2330', iommuGroup: slot, ...over });
const [a, b, c, d] = [gpu(1), gpu(2), gpu(3), gpu(4)];
const nic = aDevice('h1', '0000:05:00.0', { class: '020000' });
const HOST = [online('h1'), discovered('h1', a, b, c, d, nic)].flat();

const quota = (over: Partial<EventData<'QuotaPut'>> = {}): DomainEvent => ({
  type: 'QuotaPut',
  data: { name: 'acme-gpus', tenant: 'acme', match: { class: '0302' }, limit: 2, ...over },
});
const named = ({ deviceId, address }: DeviceObservation): ReservedDevice => ({ deviceId, address, requestName: 'gpu' });
const reserved = (vmId: string, devices: readonly DeviceObservation[], over: Partial<EventData<'DevicesReserved'>> = {}): DomainEvent => ({
  type: 'DevicesReserved',
  data: {
    vmId,
    hostId: 'h1',
    reservationId: `r-${vmId}`,
    devices: devices.map(named),
    requests: [],
    reservedAt: '2026-11-20T10:00:00.000Z',
    tenant: 'acme',
    ...over,
  },
});
const givenBack = (vmId: string, devices: readonly DeviceObservation[]): EventData<'DevicesReleased'> => ({
  vmId,
  hostId: 'h1',
  reservationId: `r-${vmId}`,
  devices: devices.map(named),
  cause: 'stopped',
});
const released = (vmId: string, devices: readonly DeviceObservation[]): DomainEvent => ({ type: 'DevicesReleased', data: givenBack(vmId, devices) });
const pending = (vmId: string, devices: readonly DeviceObservation[]): DomainEvent => ({ type: 'ReleasePending', data: givenBack(vmId, devices) });
const changed = (device: DeviceObservation): DomainEvent => ({
  type: 'DeviceChanged',
  data: {
    hostId: 'h1',
    deviceId: device.deviceId,
    address: device.address,
    device,
    observed: { epoch: 'e', sequence: 99, observedAt: '2026-11-20T10:00:00.000Z' },
  },
});

const use = (fleet: FleetMemory, name = 'acme-gpus'): number => fleet.usedOf(name);
const ask = (fleet: FleetMemory, devices: readonly DeviceObservation[], vmId = 'vm-9', tenant: string | undefined = 'acme') =>
  overQuota(fleet, { tenant, vmId, devices }, attributesOn(fleet.host('h1') as Host, fleet.catalog().rules));

describe('what is used of a quota', () => {
  it('grows with the devices that a tenant is given and that the quota matches', () => {
    expect(use(fleetOf([...HOST, quota()]))).toBe(0);
    expect(use(fleetOf([...HOST, quota(), reserved('vm-1', [a, nic]), reserved('vm-2', [b])]))).toBe(2);
  });

  it('does not count what other tenants hold, or VMs of nobody', () => {
    const { tenant: _, ...ofNobody } = reserved('vm-2', [b]).data as EventData<'DevicesReserved'>;
    const events = [reserved('vm-1', [a], { tenant: 'other' }), { type: 'DevicesReserved', data: ofNobody } as DomainEvent];
    expect(use(fleetOf([...HOST, quota(), ...events]))).toBe(0);
  });

  it('is counted for each tenant by its own quotas', () => {
    const others = quota({ name: 'other-gpus', tenant: 'other' });
    const fleet = fleetOf([...HOST, quota(), others, reserved('vm-1', [a]), reserved('vm-2', [b, c], { tenant: 'other' })]);
    expect([use(fleet), use(fleet, 'other-gpus')]).toEqual([1, 2]);
  });

  it('grows with what was found attached to a VM of the tenant', () => {
    const adopted: DomainEvent = {
      type: 'ReservationAdopted',
      data: { vmId: 'vm-1', hostId: 'h1', reservationId: 'r-vm-1', devices: [named(a)], adoptedAt: '2026-11-20T10:00:00.000Z', tenant: 'acme' },
    };
    expect(use(fleetOf([...HOST, quota(), adopted]))).toBe(1);
    expect(use(fleetOf([...HOST, quota(), adopted, released('vm-1', [a])]))).toBe(0);
  });

  it('shrinks when devices are free, not while they are on their way back', () => {
    const held = [...HOST, quota(), reserved('vm-1', [a, b])];
    expect(use(fleetOf([...held, pending('vm-1', [a])]))).toBe(2);
    expect(use(fleetOf([...held, pending('vm-1', [a]), released('vm-1', [a])]))).toBe(1);
    expect(use(fleetOf([...held, released('vm-1', [a, b])]))).toBe(0);
  });

  it('takes back what was counted, whatever has become of the device meanwhile', () => {
    const events = [...HOST, quota(), reserved('vm-1', [a]), changed({ ...a, class: '020000' }), changed({ ...nic, class: '030200' })];
    expect(use(fleetOf(events))).toBe(1);
    expect(use(fleetOf([...events, released('vm-1', [a])]))).toBe(0);
  });

  it('does not count a device twice that is reserved anew', () => {
    expect(use(fleetOf([...HOST, quota(), reserved('vm-1', [a]), reserved('vm-1', [a, b])]))).toBe(2);
  });

  it('counts a device against each quota that matches it', () => {
    const fleet = fleetOf([...HOST, quota(), quota({ name: 'acme-nvidia', match: { vendorId: '10de' } }), reserved('vm-1', [a])]);
    expect([use(fleet), use(fleet, 'acme-nvidia'), fleet.chargedTo(a.deviceId)]).toEqual([1, 1, ['acme-gpus', 'acme-nvidia']]);
  });

  it('follows registered models and their device types', () => {
    const model: DomainEvent = { type: 'ModelRegistered', data: { model: 'H100', deviceType: 'accelerator', vendorId: '10de', productId: '2330' } };
    for (const match of [{ model: 'H100' }, { deviceType: 'accelerator' }])
      expect(use(fleetOf([...HOST, model, quota({ match }), reserved('vm-1', [a, nic])]))).toBe(1);
  });

  it('begins with what the tenant holds already when the quota is made', () => {
    const before = [...HOST, reserved('vm-1', [a, nic]), reserved('vm-2', [b], { tenant: 'other' })];
    expect(use(fleetOf([...before, quota()]))).toBe(1);
    expect(use(fleetOf([...before, quota(), released('vm-1', [a])]))).toBe(0);
  });

  it('stays when only the limit changes, and is counted anew when the quota is made again', () => {
    const before = [...HOST, quota(), reserved('vm-1', [a])];
    expect(use(fleetOf([...before, quota({ limit: 9 })]))).toBe(1);
    const gone: DomainEvent = { type: 'QuotaRemoved', data: { name: 'acme-gpus' } };
    const without = fleetOf([...before, gone]);
    expect([use(without), without.chargedTo(a.deviceId)]).toEqual([0, []]);
    expect(use(fleetOf([...before, gone, quota()]))).toBe(1);
    expect(use(fleetOf([...before, gone, quota(), released('vm-1', [a])]))).toBe(0);
  });

  it('is as it was when what was decided is not committed', () => {
    const fleet = fleetOf([...HOST, quota(), reserved('vm-1', [a])]);
    fleet.apply('host-h1', 90, reserved('vm-2', [b, c]));
    fleet.apply('host-h1', 91, released('vm-1', [a]));
    expect(use(fleet)).toBe(2);
    fleet.rollback();
    expect([use(fleet), fleet.chargedTo(a.deviceId), fleet.chargedTo(b.deviceId)]).toEqual([1, ['acme-gpus'], []]);
  });
});

describe('a grant', () => {
  const held = fleetOf([...HOST, quota(), reserved('vm-1', [a])]);

  it('is let through up to the limit', () => {
    expect(ask(held, [b])).toBeUndefined();
    expect(ask(held, [b, nic])).toBeUndefined();
  });

  it('beyond the limit is refused, and says what is held and what is asked for', () => {
    expect(ask(held, [b, c])).toEqual({
      code: 'QUOTA_EXCEEDED',
      message: 'tenant acme may hold 2 devices that match {"class":"0302"}: 1 are held, 2 more are asked for',
      details: { quota: { tenant: 'acme', match: { class: '0302' }, limit: 2 }, used: 1, asked: 2 },
    });
  });

  it('of nothing that the quota matches is let through, also when the quota is exceeded', () => {
    const over = fleetOf([...HOST, quota({ limit: 0 }), reserved('vm-1', [a])]);
    expect(ask(over, [nic])).toBeUndefined();
    expect(ask(over, [b])?.code).toBe('QUOTA_EXCEEDED');
  });

  it('to another tenant, or to a VM of nobody, is not limited', () => {
    expect(ask(held, [b, c, d], 'vm-9', 'other')).toBeUndefined();
    expect(overQuota(held, { tenant: undefined, vmId: 'vm-9', devices: [b, c, d] }, () => ({ class: '030200' }))).toBeUndefined();
  });

  it('does not count twice what the VM holds and is given again, or what makes way', () => {
    const full = fleetOf([...HOST, quota(), reserved('vm-1', [a, b])]);
    expect(ask(full, [a, b], 'vm-1')).toBeUndefined();
    expect(ask(full, [c, d], 'vm-1')).toBeUndefined();
    expect(ask(full, [a, b, c], 'vm-1')).toMatchObject({ details: { used: 0, asked: 3 } });
    expect(ask(full, [c], 'vm-2')).toMatchObject({ details: { used: 2, asked: 1 } });
  });

  it('counts what is still attached to the VM from before', () => {
    const fleet = fleetOf([...HOST, quota(), reserved('vm-1', [a, b])]);
    fleet.applyMark('host:h1', { lastSeenAt: '', epoch: '', attachments: [`vm-1 ${a.address}`] });
    fleet.commit();
    expect(ask(fleet, [c], 'vm-1')).toBeUndefined();
    expect(ask(fleet, [c, d], 'vm-1')).toMatchObject({ details: { used: 1, asked: 2 } });
    expect(ask(fleet, [a, c], 'vm-1')).toBeUndefined();
  });

  it('that takes no more of an exceeded quota than is taken already is let through', () => {
    const over = fleetOf([...HOST, quota({ limit: 1 }), reserved('vm-1', [a, b, c])]);
    expect(ask(over, [a, b], 'vm-1')).toBeUndefined();
    expect(ask(over, [a, b, d], 'vm-1')).toBeUndefined();
    expect(ask(over, [a, b, c, d], 'vm-1')?.code).toBe('QUOTA_EXCEEDED');
  });

  it('is refused by whichever of several quotas it exceeds', () => {
    const both = fleetOf([...HOST, quota({ limit: 9 }), quota({ name: 'acme-vendor', match: { vendorId: '10de' }, limit: 1 })]);
    expect(ask(both, [a, b])).toMatchObject({ details: { quota: { match: { vendorId: '10de' } } } });
  });
});

describe('a VM of a tenant', () => {
  const reserve = (vmId: string, count: number, tenant = 'acme'): Command => ({
    type: 'Reserve',
    request: { vmId, hostId: 'h1', tenant, devices: [{ match: { class: '0302' }, count }] },
  });

  it('is given devices up to its quota, and no more', () => {
    expect(names(given(...HOST, quota()).when(reserve('vm-1', 2)))).toEqual(['DevicesReserved']);
    const refused = given(...HOST, quota()).when(reserve('vm-1', 3));
    expect(refused.answer).toMatchObject({ kind: 'refused', refusal: { code: 'QUOTA_EXCEEDED', details: { used: 0, asked: 3 } } });
    expect(only(refused, 'ReservationRejected')).toMatchObject({ vmId: 'vm-1', code: 'QUOTA_EXCEEDED' });
  });

  it('shares the quota with the other VMs of its tenant, and gets from it what these give back', () => {
    const release: Command = { type: 'Release', request: { vmId: 'vm-1' } };
    expect(given(...HOST, quota()).whenAll(reserve('vm-1', 2), reserve('vm-2', 1)).answer).toMatchObject({ refusal: { code: 'QUOTA_EXCEEDED' } });
    expect(names(given(...HOST, quota()).whenAll(reserve('vm-1', 2), reserve('vm-2', 1, 'other')))).toEqual(['DevicesReserved']);
    expect(names(given(...HOST, quota()).whenAll(reserve('vm-1', 2), release, reserve('vm-2', 1)))).toEqual(['DevicesReserved']);
  });
});

describe('a quota', () => {
  const put = { type: 'PutQuota', quota: quota().data as EventData<'QuotaPut'> } as const;

  it('is stored once for a tenant and a match', () => {
    const decision = given().when(put);
    expect([decision.events, decision.answer]).toEqual([[quota()], { kind: 'catalog', entry: quota().data }]);
    expect(given(quota()).when(put)).toEqual({ events: [], answer: { kind: 'catalog', entry: quota().data } });
    expect(names(given(quota({ limit: 7 })).when(put))).toEqual(['QuotaPut']);
  });

  it('of a tenant whose name says nothing is refused', () => {
    const blank = { type: 'PutQuota', quota: { ...put.quota, tenant: ' ' } } as const;
    expect(given().when(blank)).toMatchObject({ events: [], answer: { kind: 'refused', refusal: { details: [{ field: 'tenant' }] } } });
  });

  it('is taken away, and then is not there', () => {
    const remove = { type: 'RemoveQuota', name: 'acme-gpus' } as const;
    const decision = given(quota()).when(remove);
    expect([names(decision), decision.answer]).toEqual([['QuotaRemoved'], { kind: 'catalog', entry: quota().data }]);
    expect(given(quota()).whenAll(remove, remove)).toMatchObject({ events: [], answer: { kind: 'missing', refusal: { code: 'QUOTA_NOT_FOUND' } } });
  });

  it('that was taken away limits nobody', () => {
    const fleet = fleetOf([...HOST, quota({ limit: 0 })]);
    take(fleet, { events: [{ type: 'QuotaRemoved', data: { name: 'acme-gpus' } }], answer: { kind: 'nothing' } });
    expect(ask(fleet, [a])).toBeUndefined();
  });
});
