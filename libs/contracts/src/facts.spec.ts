import { describe, expect, it } from '@jest/globals';
import { parseFact, tidyVmFact, UnacceptableFact, type Fact } from './facts.js';
import { deadLetterSubject, hostFactSubject, vmFactSubject } from './subjects.js';

const epoch = '019aa0c4-1c00-7abc-8def-0123456789ab';
const offline = { hostId: 'h1', epoch, sequence: 7, observedAt: '2026-11-20T10:00:00Z', reason: 'SIGTERM' };
const starting = { vmId: 'vm-1', state: 'starting' };
const bytes = (value: unknown): Uint8Array => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));

const fromHost = (data: unknown, msgId?: string): Fact =>
  parseFact({ subject: hostFactSubject('h1', 'HostOffline'), payload: bytes(data), ...(msgId !== undefined && { msgId }) });
const fromPlatform = (data: unknown, msgId?: string): Fact =>
  parseFact({ subject: vmFactSubject('vm-1', 'VmStateChanged'), payload: bytes(data), ...(msgId !== undefined && { msgId }) });
const refusal = (read: () => unknown): UnacceptableFact => {
  try {
    read();
  } catch (error) {
    if (error instanceof UnacceptableFact) return error;
    throw error;
  }
  throw new Error('was accepted');
};

describe('a fact', () => {
  it('may come bare', () => {
    expect(fromHost(offline)).toEqual({ name: 'HostOffline', data: offline, key: `host:h1:h1:${epoch}:7` });
  });

  it('may come in a CloudEvent', () => {
    const envelope = { specversion: '1.0', id: 'e-1', source: '/x', type: 'y', data: starting };
    expect(fromPlatform(envelope)).toEqual({ name: 'VmStateChanged', data: starting, key: 'vm:vm-1:e-1' });
  });

  it('may come from a host that knows hostdev commands', () => {
    const outcome = { hostId: 'h1', epoch, sequence: 8, observedAt: offline.observedAt, commandId: 'c', vmId: 'vm-1', deviceId: 'a'.repeat(20) };
    const payload = bytes({ ...outcome, address: '0000:28:00.1', elapsedMs: 3 });
    expect(parseFact({ subject: hostFactSubject('h1', 'HostdevAttached'), payload }).name).toBe('HostdevAttached');
  });

  it('counts once under the id of its envelope, else its message id, else its own sequence', () => {
    const data = { ...starting, sequence: 17 };
    expect(fromPlatform({ specversion: '1.0', id: 'e-1', data }, 'm-1').key).toBe('vm:vm-1:e-1');
    expect(fromPlatform({ specversion: '1.0', id: '', data }, 'm-1').key).toBe('vm:vm-1:m-1');
    expect(fromPlatform(data, 'm-1').key).toBe('vm:vm-1:m-1');
    expect(fromPlatform(data).key).toBe('vm:vm-1:sequence 17');
    expect(fromPlatform(starting).key).toBeUndefined();
  });

  it('of an agent has one key with and without its message id', () => {
    expect(fromHost(offline, `h1:${epoch}:7`).key).toBe(fromHost(offline).key);
  });

  it('of one VM never counts for another VM whose platform counts alike', () => {
    const other = parseFact({ subject: vmFactSubject('vm-2', 'VmStateChanged'), payload: bytes({ vmId: 'vm-2', state: 'starting' }), msgId: '1' });
    expect(other.key).not.toBe(fromPlatform(starting, '1').key);
    expect(fromPlatform({ ...starting, sequence: 1 }).key).not.toBe(fromPlatform(starting, '1').key);
  });

  it('may hold fields that nobody knows', () => {
    expect(fromPlatform({ ...starting, colour: 'red' }).name).toBe('VmStateChanged');
  });
});

describe('a platform', () => {
  it.each(['STARTING', 'Starting', 'starting'])('may write the state as %s', (state) => {
    expect(fromPlatform({ ...starting, state }).data).toMatchObject({ state: 'starting' });
  });

  it('may write null for what it does not know', () => {
    expect(fromPlatform({ ...starting, hostId: null, devices: null, sequence: null }).data).toEqual(starting);
  });

  it('gets back what is no object as it was', () => {
    expect(tidyVmFact(null)).toBeNull();
    expect(tidyVmFact([1])).toEqual([1]);
    expect(tidyVmFact({ state: 7 })).toEqual({ state: 7 });
  });
});

describe('an agent', () => {
  const told = { hostId: 'h1', epoch, sequence: 7, observedAt: offline.observedAt };
  const fromAgent = (name: string, data: object): unknown =>
    parseFact({ subject: hostFactSubject('h1', name), payload: bytes({ ...told, ...data }) }).data;

  it('may write null for what it does not know, which takes nothing from what null says', () => {
    const device = { deviceId: 'a'.repeat(20), identity: 'i', kind: 'pci', address: '0000:28:00.1', hostUse: [], tags: {} };
    const net = { ifname: 'ens1f0', mac: '52:54:00:00:00:01' };
    const place = { iommuGroup: null, numaNode: null };
    const written = { ...device, ...place, name: null, serial: null, vfIndex: null, net: [{ ...net, permanentMac: null, speedMbps: null }] };
    expect(fromAgent('DeviceDiscovered', { device: written })).toEqual({ ...told, device: { ...device, ...place, net: [net] } });
  });

  it('that writes null for its attachments does not see them', () => {
    const attested = { devices: 0, digest: '0'.repeat(64) };
    expect(fromAgent('InventoryAttested', { ...attested, attachments: null })).toEqual({ ...told, ...attested });
  });

  it('need not say in words why it could not do what it was ordered, only by a code', () => {
    const failed = { commandId: 'c1', vmId: 'vm-1', deviceId: 'a'.repeat(20), address: '0000:28:00.1', elapsedMs: 5 };
    expect(fromAgent('HostdevFailed', { ...failed, code: 'GUEST_REFUSED' })).toEqual({ ...told, ...failed, code: 'GUEST_REFUSED' });
    expect(refusal(() => fromAgent('HostdevFailed', failed)).faults.map(({ field }) => field)).toEqual(['code']);
  });

  it('has to say what each fact has', () => {
    expect(refusal(() => fromAgent('HostOffline', { reason: null })).faults).toEqual([{ field: 'reason', message: 'is missing' }]);
    expect(refusal(() => fromHost(null)).code).toBe('INVALID_FACT');
  });
});

describe('a fact that can never be accepted', () => {
  it.each<[UnacceptableFact['code'], string, () => unknown]>([
    ['NOT_JSON', 'is not JSON', () => fromPlatform('{"vmId":')],
    ['NOT_JSON', 'is empty', () => fromPlatform('')],
    ['NOT_JSON', 'is not UTF-8', () => parseFact({ subject: vmFactSubject('vm-1', 'VmStateChanged'), payload: Buffer.from([0x22, 0xff, 0x22]) })],
    ['INVALID_FACT', 'is a number', () => fromPlatform(7)],
    ['INVALID_FACT', 'lacks a field', () => fromHost({ ...offline, epoch: undefined })],
    ['INVALID_FACT', 'has a malformed device request', () => fromPlatform({ ...starting, devices: [{ device: 1 }] })],
    ['INVALID_FACT', 'has an envelope around nothing', () => fromPlatform({ specversion: '1.0', id: 'e', data: null })],
    ['SUBJECT_MISMATCH', 'comes for another VM', () => fromPlatform({ ...starting, vmId: 'vm-2' })],
    ['SUBJECT_MISMATCH', 'comes for another host', () => fromHost({ ...offline, hostId: 'h2' })],
    ['TOO_LARGE', 'has more than 256 KiB', () => fromPlatform({ ...starting, reason: 'x'.repeat(256 * 1024) })],
    ['UNKNOWN_FACT', 'has a name that nobody knows', () => parseFact({ subject: vmFactSubject('vm-1', 'VmExploded'), payload: bytes(starting) })],
    [
      'UNKNOWN_FACT',
      'has a name that every object knows',
      () => parseFact({ subject: vmFactSubject('vm-1', 'constructor'), payload: bytes(starting) }),
    ],
    ['UNKNOWN_FACT', 'is a host’s fact about a VM', () => parseFact({ subject: vmFactSubject('vm-1', 'HostOffline'), payload: bytes(offline) })],
    [
      'UNKNOWN_FACT',
      'comes on a subject that is too long',
      () => parseFact({ subject: 'vfleet.in.vm.vm-1.VmStateChanged.x', payload: bytes(starting) }),
    ],
    [
      'UNKNOWN_FACT',
      'comes on the subject of somebody else',
      () => parseFact({ subject: 'vfleet.evt.vm.vm-1.VmStateChanged', payload: bytes(starting) }),
    ],
  ])('says %s when it %s', (code, _, read) => {
    expect(refusal(read).code).toBe(code);
  });

  it.each([
    ['Nats-Msg-Id', 'x'.repeat(513), 'is longer than 512 characters'],
    ['Nats-Msg-Id', 'a\u0000b', 'holds a character that cannot be stored'],
    ['id', '\ud83d', 'holds a character that cannot be stored'],
  ])('names its %s where nothing can be kept under it', (field, id, message) => {
    const read = () => (field === 'id' ? fromPlatform({ specversion: '1.0', id, data: starting }) : fromPlatform(starting, id));
    expect([refusal(read).code, refusal(read).faults]).toEqual(['INVALID_FACT', [{ field, message }]]);
  });

  it('names its fields', () => {
    const { message, faults } = refusal(() => fromPlatform({ vmId: 'vm-1', state: 'x', sequence: 'y' }));
    expect(faults.map(({ field }) => field).toSorted()).toEqual(['sequence', 'state']);
    expect(message).toContain('sequence must be integer');
  });

  it('is kept under its own subject, with dlq for in', () => {
    expect(deadLetterSubject('vfleet.in.vm.vm-1.VmStateChanged')).toBe('vfleet.dlq.vm.vm-1.VmStateChanged');
    expect(deadLetterSubject('vfleet.in.host.in.X')).toBe('vfleet.dlq.host.in.X');
  });
});
