import { describe, expect, it } from '@jest/globals';
import { isTouched, type Changes } from './changes.js';

const NOTHING: Changes = { hosts: [], devices: [], vms: [], migrations: [] };

describe('what the page shows', () => {
  it('is read again when the thing that it shows has changed', () => {
    expect(isTouched(['devices.get', { deviceId: 'd1' }], { ...NOTHING, devices: ['d1'] })).toBe(true);
    expect(isTouched(['vms.get', { vmId: 'vm-1' }], { ...NOTHING, vms: ['vm-1'] })).toBe(true);
  });

  it('is left alone when only other things have', () => {
    expect(isTouched(['devices.get', { deviceId: 'd1' }], { ...NOTHING, devices: ['d2'], vms: ['d1'] })).toBe(false);
    expect(isTouched(['hosts.get', { hostId: 'h1' }], { ...NOTHING, hosts: ['h2'] })).toBe(false);
  });

  it('is read again when too much has changed to say what', () => {
    expect(isTouched(['devices.get', { deviceId: 'd1' }], { ...NOTHING, devices: 'many' })).toBe(true);
  });

  it('is read again, as a list, for any change of its kind', () => {
    expect(isTouched(['devices.list', { filter: { hostId: 'h1' } }], { ...NOTHING, devices: ['d9'] })).toBe(true);
    expect(isTouched(['migrations.list', {}], { ...NOTHING, devices: ['d9'] })).toBe(false);
  });

  it('is never read again where it is the past', () => {
    expect(isTouched(['devices.list', { at: 12 }], { ...NOTHING, devices: 'many' })).toBe(false);
    expect(isTouched(['read', '/api/fleet?at=12'], { ...NOTHING, devices: 'many' })).toBe(false);
  });
});
