import { describe, expect, it } from '@jest/globals';
import type { Lease, StoredEvent } from '../store/tables.js';
import { LogCheck } from './log-check.js';

type Told = readonly [stream: string, type: string, data: object, meta?: StoredEvent['meta']];

/** A log of transactions, judged; what was complained of by promise. */
const judge = (...transactions: readonly (readonly Told[])[]): readonly string[] => judgeUnder(new Map(), ...transactions);

const judgeUnder = (leases: ReadonlyMap<string, Lease>, ...transactions: readonly (readonly Told[])[]): readonly string[] => {
  const complaints: string[] = [];
  const check = new LogCheck((promise, what) => complaints.push(`${promise}: ${what}`));
  const versions = new Map<string, number>();
  let position = 0;
  for (const told of transactions)
    check.take(
      told.map(([stream, type, data, meta = {}]) => {
        const version = (versions.get(stream) ?? 0) + 1;
        versions.set(stream, version);
        return eventAt((position += 1), version, [stream, type, data, meta]);
      }),
      leases,
    );
  return complaints;
};

const eventAt = (position: number, version: number, [stream, type, data, meta = {}]: Told): StoredEvent => ({
  position,
  stream,
  version,
  id: `event-${position}`,
  type,
  data,
  meta,
  recordedAt: new Date(0),
});

const device = (deviceId: string, more: object = {}): Told => [
  'host-h1',
  'DeviceDiscovered',
  { hostId: 'h1', device: { deviceId, address: `at-${deviceId}`, iommuGroup: null, class: '020000', ...more } },
];
const given = (vmId: string, deviceIds: readonly string[], hostId = 'h1', more: object = {}): Told => [
  `host-${hostId}`,
  'DevicesReserved',
  { hostId, vmId, devices: deviceIds.map((deviceId) => ({ deviceId })), ...more },
];
const released = (vmId: string, deviceId: string, hostId = 'h1'): Told => [
  `host-${hostId}`,
  'DevicesReleased',
  { hostId, vmId, devices: [{ deviceId }] },
];
const about = (type: string, deviceId: string): Told => ['host-h1', type, { hostId: 'h1', deviceId }];

describe('what looks on at the log', () => {
  it('has nothing to say of devices that are given, given back and given again', () => {
    expect(judge([device('d1'), device('d2')], [given('vm-1', ['d1'])], [released('vm-1', 'd1')], [given('vm-2', ['d1', 'd2'])])).toEqual([]);
  });

  it('names I1 where a device has two holders', () => {
    expect(judge([device('d1')], [given('vm-1', ['d1'])], [given('vm-2', ['d1'])])).toEqual(['I1: d1 is given to vm-2 while vm-1 holds it']);
  });

  it('names I1 where somebody gives back what another one holds', () => {
    expect(judge([device('d1')], [given('vm-1', ['d1'])], [released('vm-2', 'd1')])).toEqual(['I1: vm-2 gives back d1, which it does not hold']);
  });

  it.each([
    ['VF', 'PF', ['pf', 'vf']],
    ['PF', 'VF', ['vf', 'pf']],
  ])('names I2 where a %s is given while another VM holds its %s', (_, __, [first = '', second = '']) => {
    const devices = [device('pf'), device('vf', { parentDeviceId: 'pf' })];
    expect(judge(devices, [given('vm-1', [first])], [given('vm-2', [second])])).toEqual([
      `I2: at-${second} is given to vm-2 while vm-1 holds at-${first}`,
    ]);
  });

  it('names I3 where an IOMMU group has two VMs, but for its bridges', () => {
    const devices = [device('d1', { iommuGroup: 3 }), device('d2', { iommuGroup: 3 }), device('bridge', { iommuGroup: 3, class: '060400' })];
    expect(judge(devices, [given('vm-1', ['bridge'])], [given('vm-2', ['d1'])], [given('vm-3', ['d2'])])).toEqual([
      'I3: at-d2 of group 3 is given to vm-3 while vm-2 holds at-d1',
    ]);
  });

  it('names I4 where a VM has devices on two hosts, but for a move', () => {
    const there: Told = ['host-h2', 'DeviceDiscovered', { hostId: 'h2', device: { deviceId: 'd2', address: 'at-d2', iommuGroup: null } }];
    const here = [device('d1'), there];
    expect(judge(here, [given('vm-1', ['d1'])], [given('vm-1', ['d2'], 'h2')])).toEqual([
      'I4: vm-1 is given devices on h2 and holds d1 on h1, without a move',
    ]);
    expect(judge(here, [given('vm-1', ['d1'])], [given('vm-1', ['d2'], 'h2', { migrationId: 'm1' })])).toEqual([]);
    expect(judge(here, [given('vm-1', ['d1'])], [given('vm-1', ['d2'], 'h2'), released('vm-1', 'd1')])).toEqual([]);
  });

  it('names I5 where the claims are not what the log says', () => {
    const complaints: string[] = [];
    const check = new LogCheck((promise, what) => complaints.push(`${promise}: ${what}`));
    check.take([eventAt(1, 1, device('d1')), eventAt(2, 2, given('vm-1', ['d1']))]);
    check.compare(new Map([['d1', 'vm-1']]));
    expect(complaints).toEqual([]);
    check.compare(new Map([['d1', 'vm-2']]));
    check.compare(new Map());
    expect(complaints).toEqual([
      'I5: d1 is claimed by vm-2, and held by vm-1 in the log',
      'I5: 0 claims, 1 holds in the log',
      'I5: d1 is claimed by undefined, and held by vm-1 in the log',
    ]);
  });

  it.each([
    ['a position', [eventAt(1, 1, device('d1')), eventAt(3, 2, device('d2'))], 'I6: position 3 after 1'],
    ['a version', [eventAt(1, 1, device('d1')), eventAt(2, 3, device('d2'))], 'I6: host-h1 has version 3 after 1'],
    ['a version twice', [eventAt(1, 1, device('d1')), eventAt(2, 1, device('d2'))], 'I6: host-h1 has version 1 after 1'],
  ])('names I6 where %s is left out or given out again', (_, events, complaint) => {
    const complaints: string[] = [];
    new LogCheck((promise, what) => complaints.push(`${promise}: ${what}`)).take(events);
    expect(complaints).toEqual([complaint]);
  });

  it('names I6 where what a platform said counts in two transactions', () => {
    const meta = { source: 'allocator', causationId: 'vm:vm-1:7' };
    const state: Told = ['vm-vm-1', 'VmStateRecorded', { vmId: 'vm-1' }, meta];
    expect(judge([state, state])).toEqual([]);
    expect(judge([state], [state])).toEqual(['I6: vm:vm-1:7 counts for the second time']);
  });

  it.each([
    ['is not there', [], 'and is not there'],
    ['was removed', [about('DeviceRemoved', 'd1')], 'and is not there'],
    ['is cordoned', [about('DeviceCordoned', 'd1')], 'and is cordoned'],
    ['is missing', [about('DeviceMissing', 'd1')], 'and is missing'],
  ])('names I9 where a device is given that %s', (why, events, complaint) => {
    const first = why === 'is not there' ? [] : [device('d1')];
    expect(judge([...first, ...events], [given('vm-1', ['d1'])])).toEqual([`I9: d1 is given to vm-1 ${complaint}`]);
  });

  it('has nothing to say of a device that is cordoned no more, or has returned', () => {
    const events = [device('d1'), about('DeviceCordoned', 'd1'), about('DeviceMissing', 'd1'), about('DeviceUncordoned', 'd1')];
    expect(judge([...events, about('DeviceReturned', 'd1')], [given('vm-1', ['d1'])])).toEqual([]);
  });

  it('names I10 where an owner writes after the next one', () => {
    const by = (fence: number): Told => ['host-h1', 'HostOnline', {}, { source: 'allocator', fence }];
    expect(judge([by(1)], [by(2)], [by(1)])).toEqual(['I10: owner 1 of the allocator wrote 3 after owner 2']);
  });

  it('names I10 where one writes whose lease another one has, though that has not written yet', () => {
    const leases = new Map([['allocator', { fence: 2, owner: 'two', expiresAt: 0 }]]);
    const by = (fence: number): Told => ['host-h1', 'HostOnline', {}, { source: 'allocator', fence }];
    expect(judgeUnder(leases, [by(1)])).toEqual(['I10: owner 1 of the allocator wrote 1, and owner 2 has its lease']);
    expect(judgeUnder(leases, [by(2)])).toEqual([]);
  });
});
