import { describe, expect, it } from '@jest/globals';
import { aDevice } from '@vfleet/testing';
import { discovered, fact, fleetOf, given, names, online, only, quiet, take, vmState } from '../testing/given.js';
import { decide } from './decide.js';
import type { Decision } from './decision.js';

const nic = (n: number, group: number | null = n, more = {}): ReturnType<typeof aDevice> =>
  aDevice('h1', `0000:28:00.${n}`, { name: '10GE', iommuGroup: group, ...more });
const h1 = (...devices: ReturnType<typeof aDevice>[]) => [online('h1'), ...discovered('h1', ...devices)];
const wants = (count: number, device = '10GE') => ({ hostId: 'h1', devices: [{ device, count }] });
const addresses = (devices: readonly { readonly address: string }[]): readonly string[] => devices.map(({ address }) => address);

describe('a starting VM', () => {
  it('gets the free device with the lowest address', () => {
    const { devices, hostId } = only(given(h1(nic(2), nic(1))).when(vmState('vm-1', 'starting', wants(1))), 'DevicesReserved');
    expect([hostId, addresses(devices)]).toEqual(['h1', ['0000:28:00.1']]);
  });

  it('is not given a device another VM holds', () => {
    const decision = given(h1(nic(1))).whenAll(vmState('vm-1', 'starting', wants(1)), vmState('vm-2', 'starting', wants(1)));
    const { unmet } = only(decision, 'ReservationRejected');
    expect(unmet[0]).toMatchObject({ asked: 1, matched: 1, free: 0, reasons: [{ code: 'DEVICE_IN_USE', count: 1 }] });
  });

  it('gets all of its devices or none, and is told the counts', () => {
    const { unmet, code } = only(given(h1(nic(1), nic(2))).when(vmState('vm-1', 'starting', wants(3))), 'ReservationRejected');
    expect([code, unmet[0]]).toEqual(['UNSATISFIABLE', expect.objectContaining({ asked: 3, matched: 2, free: 2 })]);
  });

  it('gets the whole IOMMU group of the device it asked for', () => {
    const gpu = aDevice('h1', '0000:01:00.0', { name: 'gpu', iommuGroup: 7, class: '030000' });
    const audio = aDevice('h1', '0000:01:00.1', { name: 'audio', iommuGroup: 7, class: '040300' });
    const { devices } = only(given(h1(gpu, audio)).when(vmState('vm-1', 'starting', wants(1, 'gpu'))), 'DevicesReserved');
    expect(devices.map(({ address, affected = false }) => [address, affected])).toEqual([
      ['0000:01:00.0', false],
      ['0000:01:00.1', true],
    ]);
  });

  it('keeps what it holds when the same wish comes again', () => {
    const decision = given(h1(nic(1), nic(2))).whenAll(vmState('vm-1', 'starting', wants(1)), vmState('vm-1', 'starting', wants(1)));
    expect(names(decision)).toEqual(['VmStateRecorded']);
    expect(decision.answer).toMatchObject({
      kind: 'report',
      outcome: { outcome: 'reserved', reservation: { devices: [{ address: '0000:28:00.1' }] } },
    });
  });

  it('keeps what it holds when the alias that it was served by is gone', () => {
    const alias = { name: 'fast', request: { device: '10GE', keepOnStop: true } };
    const byAlias = { hostId: 'h1', devices: [{ alias: 'fast' }] };
    const removed = { type: 'RemoveAlias', name: 'fast' } as const;
    const decision = given(h1(nic(1)), { type: 'AliasPut', data: alias }).whenAll(
      vmState('vm-1', 'starting', byAlias),
      removed,
      vmState('vm-1', 'stopped'),
      vmState('vm-1', 'starting', byAlias),
    );
    expect(names(decision)).toEqual(['VmStateRecorded']);
    expect(decision.answer).toMatchObject({ outcome: { outcome: 'reserved', reservation: { devices: [{ address: '0000:28:00.1' }] } } });
  });

  it('that is put on other NUMA nodes gets devices of those, though it asks for the same', () => {
    const near = (node: number) => ({ hostId: 'h1', devices: [{ device: '10GE', numaPolicy: 'required' as const }], numaNodes: [node] });
    const two = h1(nic(1, 1, { numaNode: 0 }), nic(2, 2, { numaNode: 1 }));
    const decision = given(two).whenAll(vmState('vm-1', 'starting', near(0)), vmState('vm-1', 'starting', near(1)));
    expect(addresses(only(decision, 'DevicesReserved').devices)).toEqual(['0000:28:00.2']);
    const said = given(two).whenAll(vmState('vm-1', 'starting', near(0)), vmState('vm-1', 'starting', { hostId: 'h1', numaNodes: [1] }));
    expect(addresses(only(said, 'DevicesReserved').devices)).toEqual(['0000:28:00.2']);
  });

  it('with a changed wish is served in one step, its own devices counting as free', () => {
    const decision = given(h1(nic(1), nic(2))).whenAll(vmState('vm-1', 'starting', wants(1)), vmState('vm-1', 'starting', wants(2)));
    expect(names(decision)).toEqual(['VmStateRecorded', 'DevicesReleased', 'DevicesReserved']);
    expect(addresses(only(decision, 'DevicesReserved').devices)).toEqual(['0000:28:00.1', '0000:28:00.2']);
  });

  it('that asks for nothing gets no event, and its order is still known', () => {
    const decision = given(h1(nic(1))).when(vmState('vm-1', 'starting', { hostId: 'h1' }));
    expect(decision.events).toEqual([]);
    expect(decision.marks).toMatchObject([{ key: 'vm:vm-1', lasting: true }]);
  });

  it('without a host is placed where its devices are', () => {
    const gpu = aDevice('h2', '0000:01:00.0', { name: 'gpu', iommuGroup: 1 });
    const decision = given(h1(nic(1)), online('h2'), discovered('h2', gpu)).when(vmState('vm-1', 'starting', { devices: [{ device: 'gpu' }] }));
    expect(only(decision, 'DevicesReserved').hostId).toBe('h2');
  });

  it('on a host that nobody has heard of is refused, and the host is named', () => {
    const { code, message } = only(given().when(vmState('vm-1', 'starting', wants(1))), 'ReservationRejected');
    expect([code, message]).toEqual(['HOST_UNKNOWN', expect.stringContaining('h1')]);
  });

  it('on a silent host is refused', () => {
    const { unmet } = only(
      given(h1(nic(1)), { type: 'HostStale', data: { hostId: 'h1', lastSeenAt: '' } }).when(vmState('vm-1', 'starting', wants(1))),
      'ReservationRejected',
    );
    expect(unmet[0]?.reasons).toMatchObject([{ code: 'HOST_STALE' }]);
  });

  it('on another host releases the old one and reserves the new one in one step', () => {
    const there = aDevice('h2', '0000:28:00.5', { name: '10GE', iommuGroup: 1 });
    const decision = given(h1(nic(1)), online('h2'), discovered('h2', there)).whenAll(
      vmState('vm-1', 'starting', wants(1)),
      vmState('vm-1', 'starting', { ...wants(1), hostId: 'h2' }),
    );
    expect(names(decision)).toEqual(['VmStateRecorded', 'DevicesReleased', 'DevicesReserved']);
    expect([only(decision, 'DevicesReleased').hostId, only(decision, 'DevicesReserved').hostId]).toEqual(['h1', 'h2']);
  });

  it('on another host that cannot serve it loses the old reservation as well', () => {
    const decision = given(h1(nic(1)), online('h2')).whenAll(
      vmState('vm-1', 'starting', wants(1)),
      vmState('vm-1', 'starting', { ...wants(1), hostId: 'h2' }),
    );
    expect(names(decision)).toEqual(['VmStateRecorded', 'DevicesReleased', 'ReservationRejected']);
  });
});

describe('a running VM', () => {
  it('is given what it wants when nothing was reserved for it', () => {
    expect(names(given(h1(nic(1))).when(vmState('vm-1', 'running', wants(1))))).toContain('DevicesReserved');
  });

  it('that was refused at its start is served once there is room, by what it asked for then', () => {
    const decision = given(h1(nic(1))).whenAll(
      vmState('vm-1', 'starting', wants(1)),
      vmState('vm-2', 'starting', wants(1)),
      vmState('vm-1', 'stopped'),
      vmState('vm-2', 'running', { hostId: 'h1' }),
    );
    expect(only(decision, 'DevicesReserved').vmId).toBe('vm-2');
  });

  it('keeps its devices through a pause', () => {
    const decision = given(h1(nic(1))).whenAll(vmState('vm-1', 'starting', wants(1)), vmState('vm-1', 'paused'), vmState('vm-1', 'running'));
    expect(names(decision)).toEqual(['VmStateRecorded']);
  });
});

describe('a VM that has ended', () => {
  it.each(['stopped', 'destroyed', 'error', 'crashed'] as const)('gives back what it held when it is %s', (state) => {
    const decision = given(h1(nic(1))).whenAll(vmState('vm-1', 'starting', wants(1)), vmState('vm-1', state));
    expect(only(decision, 'DevicesReleased')).toMatchObject({ vmId: 'vm-1', cause: state, devices: [{ address: '0000:28:00.1' }] });
  });

  it('has nothing to give back the second time', () => {
    const decision = given(h1(nic(1))).whenAll(vmState('vm-1', 'starting', wants(1)), vmState('vm-1', 'stopped'), vmState('vm-1', 'stopped'));
    expect(names(decision)).toEqual(['VmStateRecorded']);
  });

  it('leaves what its host still has attached out of reach until the host attests that it is free', () => {
    const attached = fact('InventoryAttested', 'h1', { devices: 1, digest: 'same', attachments: [{ vmId: 'vm-1', address: '0000:28:00.1' }] });
    const detached = fact('InventoryAttested', 'h1', { devices: 1, digest: 'same', attachments: [] });
    const started = [vmState('vm-1', 'starting', wants(1)), attached];
    const host = given(h1(nic(1)));
    expect(names(host.whenAll(...started, vmState('vm-1', 'stopped')))).toEqual(['VmStateRecorded', 'ReleasePending']);
    expect(names(host.whenAll(...started, vmState('vm-1', 'stopped'), vmState('vm-2', 'starting', wants(1))))).toContain('ReservationRejected');
    expect(only(host.whenAll(...started, vmState('vm-1', 'stopped'), detached), 'DevicesReleased').cause).toBe('stopped');
    expect(names(host.whenAll(...started, vmState('vm-1', 'stopped'), detached, vmState('vm-2', 'starting', wants(1))))).toContain('DevicesReserved');
  });

  it('may have the devices back at once that are still attached to it', () => {
    const attached = fact('InventoryAttested', 'h1', { devices: 1, digest: 'same', attachments: [{ vmId: 'vm-1', address: '0000:28:00.1' }] });
    const decision = given(h1(nic(1))).whenAll(
      vmState('vm-1', 'starting', wants(1)),
      attached,
      vmState('vm-1', 'stopped'),
      vmState('vm-1', 'starting', wants(1)),
    );
    expect(addresses(only(decision, 'DevicesReserved').devices)).toEqual(['0000:28:00.1']);
  });
});

describe('the order of VM states', () => {
  it('is that of their sequence: an older one changes nothing', () => {
    const decision = given(h1(nic(1))).whenAll(
      vmState('vm-1', 'stopped', { sequence: 9 }),
      vmState('vm-1', 'starting', { ...wants(1), sequence: 8 }),
    );
    expect(only(decision, 'VmStateIgnored')).toMatchObject({ code: 'STALE', sequence: 8 });
    expect(names(decision)).toEqual(['VmStateIgnored']);
  });

  it('is that of their time where there is no sequence', () => {
    const later = vmState('vm-1', 'stopped', { sequence: undefined, occurredAt: '2026-11-20T10:00:01Z' });
    const earlier = vmState('vm-1', 'starting', { ...wants(1), sequence: undefined, occurredAt: '2026-11-20T10:00:00Z' });
    expect(names(given(h1(nic(1))).whenAll(later, earlier))).toEqual(['VmStateIgnored']);
    expect(names(given(h1(nic(1))).whenAll(earlier, later))).toEqual(['VmStateRecorded', 'DevicesReleased']);
  });

  it('lets the later arrival win between equals', () => {
    const at = { sequence: undefined, occurredAt: '2026-11-20T10:00:00Z' };
    expect(names(given(h1(nic(1))).whenAll(vmState('vm-1', 'starting', { ...wants(1), ...at }), vmState('vm-1', 'stopped', at)))).toContain(
      'DevicesReleased',
    );
  });

  it('is that of their arrival where they say nothing of it, also when the clock is set back between them', () => {
    const unordered = { sequence: undefined, occurredAt: undefined };
    const fleet = fleetOf(h1(nic(1)));
    const reportAt = (now: string, state: 'starting' | 'running' | 'stopped', more = {}): Decision => {
      const decision = decide(fleet, vmState('vm-1', state, { ...more, ...unordered }), quiet({ now }));
      take(fleet, decision);
      return decision;
    };
    expect(names(reportAt('2026-11-20T11:00:00.000Z', 'starting', wants(1)))).toContain('DevicesReserved');
    expect(names(reportAt('2026-11-20T09:00:00.000Z', 'running'))).toEqual(['VmStateRecorded']);
    expect(names(reportAt('2026-11-20T09:00:01.000Z', 'stopped'))).toContain('DevicesReleased');
    expect(fleet.vm('vm-1')?.newest).toEqual({ occurredAt: '2026-11-20T11:00:00.000Z' });
  });

  it('gives no event for a late state of a VM that never asked for anything', () => {
    expect(given().whenAll(vmState('vm-1', 'running', { sequence: 9 }), vmState('vm-1', 'starting', { sequence: 8 })).events).toEqual([]);
  });
});
