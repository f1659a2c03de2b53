import { describe, expect, it } from '@jest/globals';
import { aLog, at, observation } from '../../spec/events.js';
import { applyToDevice, type DeviceRow } from './device.js';
import type { KnownEvent } from './known-event.js';

const device = observation('h1', '0000:28:00.1', { name: '10GE' });
const fold = (...events: readonly KnownEvent[]): DeviceRow | null =>
  events.reduce<DeviceRow | null>((row, event) => applyToDevice(row, device.deviceId, event), null);

describe('the row of a device', () => {
  it('begins with its discovery and remembers when that was', () => {
    const log = aLog();
    const row = fold(log.discovered('h1', device), log.changed('h1', { ...device, driver: 'igbvf' }));
    expect(row).toMatchObject({ presence: 'present', holder: null, firstSeenAt: at(1), lastSeenAt: at(2) });
    expect(row?.observation.driver).toBe('igbvf');
  });

  it('does not begin with anything else', () => {
    const log = aLog();
    expect(fold(log.reserved('h1', 'vm1', [device]), log.removed('h1', device), log.renamed('h1', device, 'x'))).toBeNull();
  });

  it('takes a new name, and loses one', () => {
    const log = aLog();
    const renamed = fold(log.discovered('h1', device), log.renamed('h1', device, '25GE'));
    expect(renamed?.observation.name).toBe('25GE');
    expect(applyToDevice(renamed, device.deviceId, log.renamed('h1', device, null))?.observation).not.toHaveProperty('name');
  });

  it('takes its holder along to a new address', () => {
    const log = aLog();
    const row = fold(log.discovered('h1', device), log.reserved('h1', 'vm1', [device]), log.readdressed('h1', device, '0000:29:00.1'));
    expect(row).toMatchObject({ observation: { address: '0000:29:00.1', name: '10GE' }, holder: { vmId: 'vm1' } });
  });

  it('says who holds it, for which request and since when, until that is given back', () => {
    const log = aLog();
    const held = fold(log.discovered('h1', device), log.reserved('h1', 'vm1', [device]));
    expect(held?.holder).toEqual({ vmId: 'vm1', requestName: '10GE-0', since: at(2), releasing: false });
    const pending = applyToDevice(held, device.deviceId, log.pending('h1', 'vm1', [device]));
    expect(pending?.holder).toMatchObject({ vmId: 'vm1', releasing: true });
    expect(applyToDevice(pending, device.deviceId, log.released('h1', 'vm1', [device]))?.holder).toBeNull();
  });

  it('stays with its holder when the device vanishes while it is held, and is whole again when it returns', () => {
    const log = aLog();
    const gone = fold(log.discovered('h1', device), log.reserved('h1', 'vm1', [device]), log.missing('h1', device, 'vm1'));
    expect(gone).toMatchObject({ presence: 'missing', holder: { vmId: 'vm1' } });
    expect(applyToDevice(gone, device.deviceId, log.returned('h1', device))).toMatchObject({ presence: 'present', holder: { vmId: 'vm1' } });
  });

  it('has as its holder the VM for which it was found attached', () => {
    const log = aLog();
    const held = fold(log.discovered('h1', device), log.adopted('h1', 'vm1', [device]));
    expect(held?.holder).toEqual({ vmId: 'vm1', requestName: '10GE-0', since: at(2), releasing: false });
    expect(applyToDevice(held, device.deviceId, log.orphaned('h1', 'vm1', [device]))?.holder?.vmId).toBe('vm1');
    expect(applyToDevice(held, device.deviceId, log.released('h1', 'vm1', [device]))?.holder).toBeNull();
  });

  it('keeps its holder whatever is said of broken promises, lost isolation and disputes', () => {
    const log = aLog();
    const held = fold(log.discovered('h1', device), log.reserved('h1', 'vm1', [device]));
    for (const event of [
      log.promiseBroken('h1', 'vm1', device, 'HOST_USE'),
      log.isolationLost('h1', 'vm1', device, 7),
      log.disputed('h1', 'vm2', device, 'vm1'),
    ])
      expect(applyToDevice(held, device.deviceId, event)).toEqual(held);
  });

  it('stays as removed, and keeps its first day when it is discovered again', () => {
    const log = aLog();
    const removed = fold(log.discovered('h1', device), log.removed('h1', device));
    expect(removed?.presence).toBe('removed');
    expect(applyToDevice(removed, device.deviceId, log.discovered('h1', device))).toMatchObject({
      presence: 'present',
      firstSeenAt: at(1),
      lastSeenAt: at(3),
    });
  });

  it('takes the time of recording where an agent wrote one that cannot be stored', () => {
    const log = aLog();
    const event = log.discovered('h1', device);
    const odd = { ...event, data: { ...event.data, observed: { epoch: 'e', sequence: 1, observedAt: '2016-12-31T23:59:60Z' } } } as KnownEvent;
    expect(applyToDevice(null, device.deviceId, odd)?.firstSeenAt).toBe(at(1));
    const early = { ...event, data: { ...event.data, observed: { epoch: 'e', sequence: 1, observedAt: '0000-01-01T00:00:00Z' } } } as KnownEvent;
    expect(applyToDevice(null, device.deviceId, early)?.firstSeenAt).toBe(at(1));
  });
});
