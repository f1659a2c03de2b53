import { describe, expect, it } from '@jest/globals';
import { agentSubject, apiSubject, eventSubject, hostFactSubject, mayAnswerAt, nameToken, parseFactSubject, vmFactSubject } from './subjects.js';

describe('a subject', () => {
  it('is built of its parts', () => {
    expect(hostFactSubject('h1', 'HostOnline')).toBe('vfleet.in.host.h1.HostOnline');
    expect(vmFactSubject('vm-1', 'VmStateChanged')).toBe('vfleet.in.vm.vm-1.VmStateChanged');
    expect(apiSubject('devices', 'list')).toBe('vfleet.api.devices.list');
    expect(agentSubject('h1', 'probe')).toBe('vfleet.agent.h1.probe');
    expect(eventSubject('device', 'h1', 'abc', 'DeviceRenamed')).toBe('vfleet.evt.device.h1.abc.DeviceRenamed');
    expect(eventSubject('migration', 'm-1', 'vm-1', 'MigrationRequested')).toBe('vfleet.evt.migration.m-1.vm-1.MigrationRequested');
  });

  it('of a fact says whose it is and which', () => {
    expect(parseFactSubject('vfleet.in.host.h1.HostOnline')).toEqual({ source: 'host', id: 'h1', fact: 'HostOnline' });
    expect(parseFactSubject('vfleet.in.vm.vm_1-a.VmStateChanged')).toEqual({ source: 'vm', id: 'vm_1-a', fact: 'VmStateChanged' });
  });

  it.each([
    'vfleet.in.host.h1',
    'vfleet.in.host.h1.A.B',
    'vfleet.in.rack.r1.A',
    'vfleet.dlq.host.h1.A',
    'other.in.host.h1.A',
    'vfleet.in.host.h 1.A',
    'vfleet.in.host..A',
    `vfleet.in.host.${'h'.repeat(129)}.A`,
    '',
  ])('%j is no fact’s', (subject) => {
    expect(parseFactSubject(subject)).toBeUndefined();
  });
});

describe('an answer', () => {
  it.each(['_INBOX.allocator.a.b', '_INBOX_h1.a', '_R_.a.b', 'my-inbox.1', 'spec'])('may go to %s, where somebody expects it', (subject) => {
    expect(mayAnswerAt(subject)).toBe(true);
  });

  it.each([
    'vfleet.evt.vm.h1.vm-1.DevicesReserved',
    'vfleet.in.host.h2.DeviceRemoved',
    'vfleet.agent.h1.hostdev.attach',
    '$JS.API.STREAM.DELETE.VFLEET_IN',
    '$JS.ACK.VFLEET_IN.allocator-1.1.1.1.1.1',
    '$SRV.PING',
  ])('never goes to %s, where it would be taken for something else', (subject) => {
    expect(mayAnswerAt(subject)).toBe(false);
  });
});

describe('a catalogue name in a subject', () => {
  it.each([
    ['net-heavy', 'net-heavy'],
    ['10GE', '10GE'],
    ['a_b', 'a_5Fb'],
    ['a.b', 'a_2Eb'],
    ['fast gpu', 'fast_20gpu'],
    ['*', '_2A'],
    ['é', '_C3_A9'],
    ['100%', '100_25'],
  ])('%j is %s', (name, token) => {
    expect(nameToken(name)).toBe(token);
  });
});
