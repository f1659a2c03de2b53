import { describe, expect, it } from '@jest/globals';
import { aDevice } from '@vfleet/testing';
import { discovered, fact, fleetOf, given, names, online, only, vmState } from '../testing/given.js';
import type { Command } from './decide.js';

const nic = aDevice('h1', '0000:28:00.1', { name: '10GE', iommuGroup: 1, tags: { rack: 'b4' } });
const known = [online('h1'), ...discovered('h1', nic)];
const about = { hostId: 'h1', deviceId: nic.deviceId };
const wants = { hostId: 'h1', devices: [{ device: '10GE' }] };
const cordon: Command = { type: 'CordonDevice', request: { ...about, reason: 'smokes' } };
const uncordon: Command = { type: 'UncordonDevice', request: about };
const tag = (tags: Record<string, string | null>): Command => ({ type: 'TagDevice', request: { ...about, tags } });
const discover = (device: typeof nic): Command => fact('DeviceDiscovered', 'h1', { device });
const gone = fact('DeviceRemoved', 'h1', { deviceId: nic.deviceId, address: nic.address, reason: 'gone' });
const codeOf = (decision: ReturnType<ReturnType<typeof given>['when']>): string | undefined =>
  only(decision, 'ReservationRejected').unmet[0]?.reasons[0]?.code;

describe('a cordon', () => {
  it('is laid once and lifted once, and tells why', () => {
    expect(only(given(known).when(cordon), 'DeviceCordoned')).toEqual({ ...about, address: nic.address, reason: 'smokes' });
    expect(names(given(known).whenAll(cordon, cordon))).toEqual([]);
    expect(names(given(known).whenAll(cordon, uncordon))).toEqual(['DeviceUncordoned']);
    expect(names(given(known).when(uncordon))).toEqual([]);
  });

  it('keeps a device from everybody until it is lifted', () => {
    expect(codeOf(given(known).whenAll(cordon, vmState('vm-1', 'starting', wants)))).toBe('CORDONED');
    expect(names(given(known).whenAll(cordon, uncordon, vmState('vm-1', 'starting', wants)))).toContain('DevicesReserved');
  });

  it('takes nothing from a holder, and takes effect when the device is free', () => {
    const start = vmState('vm-1', 'starting', wants);
    expect(names(given(known).whenAll(start, cordon))).toEqual(['DeviceCordoned']);
    expect(codeOf(given(known).whenAll(start, cordon, vmState('vm-1', 'stopped'), vmState('vm-2', 'starting', wants)))).toBe('CORDONED');
  });

  it('stays with a device that moves, and with one that is taken out and put back', () => {
    const moved = discover({ ...nic, address: '0000:29:00.1' });
    expect(codeOf(given(known).whenAll(cordon, moved, vmState('vm-1', 'starting', wants)))).toBe('CORDONED');
    expect(codeOf(given(known).whenAll(cordon, gone, discover(nic), vmState('vm-1', 'starting', wants)))).toBe('CORDONED');
  });

  it('is not inherited by another device at the same address', () => {
    const other = aDevice('h1', nic.address, { name: '10GE', iommuGroup: 1, identity: 'sn:other' });
    expect(names(given(known).whenAll(cordon, gone, discover(other), vmState('vm-1', 'starting', wants)))).toContain('DevicesReserved');
  });
});

describe('a tag', () => {
  const byTag = (match: Record<string, unknown>) => vmState('vm-1', 'starting', { hostId: 'h1', devices: [{ match }] });

  it('that is given to a device is found by requests', () => {
    expect(names(given(known).whenAll(tag({ zone: 'a' }), byTag({ 'tags.zone': 'a', 'tags.rack': 'b4' })))).toContain('DevicesReserved');
  });

  it('is told once, and only what is new of it', () => {
    expect(only(given(known).whenAll(tag({ zone: 'a' }), tag({ zone: 'a', owner: 'net' })), 'DeviceTagged').tags).toEqual({ owner: 'net' });
    expect(names(given(known).whenAll(tag({ zone: 'a' }), tag({ zone: 'a' })))).toEqual([]);
    expect(names(given(known).when(tag({})))).toEqual([]);
  });

  it('goes before what the agent says of it, now and later', () => {
    const later = [tag({ rack: 'c1' }), discover({ ...nic, driver: 'igbvf' })];
    expect(names(given(known).whenAll(...later, byTag({ 'tags.rack': 'c1' })))).toContain('DevicesReserved');
    expect(names(given(known).whenAll(...later, byTag({ 'tags.rack': 'b4' })))).toContain('ReservationRejected');
  });

  it('that was taken away stays away', () => {
    expect(names(given(known).whenAll(tag({ rack: null }), discover({ ...nic, driver: 'igbvf' }), byTag({ 'tags.rack': 'b4' })))).toContain(
      'ReservationRejected',
    );
  });

  it('makes no change of what the agent says over and over again', () => {
    expect(names(given(known).whenAll(tag({ rack: 'c1', zone: 'a' }), discover(nic)))).toEqual([]);
  });

  it('stays with a device that is taken out and put back', () => {
    expect(names(given(known).whenAll(tag({ zone: 'a' }), gone, discover(nic), byTag({ 'tags.zone': 'a' })))).toContain('DevicesReserved');
  });

  it('for which a VM was given the device is told as broken when it goes, and the VM keeps the device', () => {
    const decision = given(known).whenAll(byTag({ 'tags.rack': 'b4' }), tag({ rack: 'c1' }));
    expect(names(decision)).toEqual(['DeviceTagged', 'PromiseBroken']);
    expect(only(decision, 'PromiseBroken')).toMatchObject({ vmId: 'vm-1', code: 'NO_MATCH' });
  });

  it('leaves the device alone until it is committed', () => {
    const fleet = fleetOf(known);
    fleet.apply('host-h1', 9, { type: 'DeviceTagged', data: { ...about, address: nic.address, tags: { rack: 'c1' } } });
    fleet.rollback();
    expect(fleet.host('h1')?.devices.get(nic.deviceId)?.tags).toEqual({ rack: 'b4' });
  });
});

describe('a word about a device', () => {
  it.each<[string, Command]>([
    ['that its host does not have', { type: 'CordonDevice', request: { hostId: 'h1', deviceId: '0'.repeat(20) } }],
    ['of a host that nobody knows', { type: 'TagDevice', request: { hostId: 'h9', deviceId: nic.deviceId, tags: { a: 'b' } } }],
  ])('%s is answered as such', (_, command) => {
    expect(given(known).when(command)).toMatchObject({ events: [], answer: { kind: 'missing', refusal: { code: 'DEVICE_NOT_FOUND' } } });
  });

  it('that has been removed is answered as such', () => {
    expect(given(known).whenAll(gone, cordon).answer).toMatchObject({ kind: 'missing' });
  });
});
