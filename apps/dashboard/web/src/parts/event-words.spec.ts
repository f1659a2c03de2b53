import { describe, expect, it } from '@jest/globals';
import { sayEvent, sayEventType } from './event-words.js';

describe('an event', () => {
  it('is said in a few words: codes first, then what it is about', () => {
    expect(sayEvent({ vmId: 'vm-1', hostId: 'h1', code: 'UNSATISFIABLE', message: 'no device is free' })).toBe(
      'UNSATISFIABLE, no device is free, VM vm-1, host h1',
    );
    expect(sayEvent({ previousAddress: '0000:02:00.0', address: '0000:03:00.0' })).toBe('from 0000:02:00.0, at 0000:03:00.0');
  });

  it('names the addresses of its devices', () => {
    expect(sayEvent({ vmId: 'vm-1', devices: [{ address: '0000:02:02.0' }, { address: '0000:02:02.1' }] })).toBe(
      'VM vm-1, 0000:02:02.0, 0000:02:02.1',
    );
    expect(sayEvent({ vmId: 'vm-1', devices: [{ device: '10GE' }] })).toBe('VM vm-1');
  });

  it('may say nothing', () => {
    expect([sayEvent({}), sayEvent(undefined), sayEvent('x')]).toEqual(['', '', '']);
  });

  it('has a name in words', () => {
    expect([sayEventType('HostdevUnplugRequested'), sayEventType('VmStateRecorded')]).toEqual(['Hostdev unplug requested', 'VM state recorded']);
  });
});
