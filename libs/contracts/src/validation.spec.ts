import { describe, expect, it } from '@jest/globals';
import { API, type ApiName } from './api.js';
import { HOST_FACTS } from './host-facts.js';
import { schemaName, type Message } from './schema.js';
import { validate, type Unknowns } from './validation.js';
import { VM_FACTS } from './vm-facts.js';

const { VmStateChanged } = VM_FACTS;
const starting = { vmId: 'vm-1', state: 'starting' };

const faultsOf = (message: Message, value: unknown, unknowns: Unknowns = 'refuse'): readonly string[] => {
  const checked = validate(message, value, unknowns);
  return checked.ok ? [] : checked.faults.map(({ field, message: why }) => `${field}: ${why}`);
};

describe('a message', () => {
  it('that is as it should be is taken as it is', () => {
    expect(validate(VmStateChanged, starting, 'refuse')).toEqual({ ok: true, value: starting });
  });

  it.each<[string, unknown, readonly string[]]>([
    ['lacks a field', { vmId: 'vm-1' }, ['state: is missing']],
    ['has a field of another type', { ...starting, standby: 'yes' }, ['standby: must be boolean']],
    [
      'has a value outside a closed set',
      { ...starting, state: 'started' },
      [expect.stringMatching(/^state: must be one of starting, running/) as never],
    ],
    ['has an id that is no token', { ...starting, vmId: 'a.b' }, ['vmId: must match pattern "^[A-Za-z0-9_-]{1,128}$"']],
    ['has a fraction for a whole number', { ...starting, sequence: 1.5 }, ['sequence: must be integer']],
    ['has a number that is too large to be exact', { ...starting, sequence: 2 ** 53 }, ['sequence: must be <= 9007199254740991']],
    [
      'has a fault inside a list',
      { ...starting, devices: [{ device: 'a' }, { count: 'two' }] },
      ['devices[1].count: must be a whole number, or "all"'],
    ],
    ['asks for half a device', { ...starting, devices: [{ device: 'a', count: 1.5 }] }, ['devices[0].count: must be integer or string']],
    ['has text that is too long', { ...starting, tenant: 'x'.repeat(257) }, ['tenant: is longer than 256 characters']],
    ['has a list that is too long', { ...starting, numaNodes: Array.from({ length: 4097 }, () => 0) }, ['numaNodes: has more than 4096 items']],
    ['is a list', [], ['body: must be object']],
    ['is null', null, ['body: must be object']],
    ['is text', 'starting', ['body: must be object']],
  ])('is refused when it %s', (_, value, faults) => {
    expect(faultsOf(VmStateChanged, value)).toEqual(faults);
  });

  it('tells all its faults at once', () => {
    expect(faultsOf(VmStateChanged, { vmId: '', state: 7, sequence: -1 }).map((fault) => fault.split(':')[0])).toEqual(
      expect.arrayContaining(['vmId', 'state', 'sequence']) as never,
    );
  });

  it('tells not more faults than anybody reads', () => {
    expect(faultsOf(VmStateChanged, { ...starting, numaNodes: Array.from({ length: 4000 }, () => 'x') })).toHaveLength(50);
  });

  it.each(['2026-11-20T10:00:00Z', '2026-11-20T10:00:00.123456789Z', '2026-11-20T12:00:00+02:00', '2026-11-20t10:00:00z'])(
    'may say the time as %s',
    (occurredAt) => {
      expect(faultsOf(VmStateChanged, { ...starting, occurredAt })).toEqual([]);
    },
  );

  it.each([
    'yesterday',
    '2026-11-20',
    '2026-11-20T10:00:00',
    '2026-13-20T10:00:00Z',
    '2026-12-31T23:59:60Z',
    `2026-11-20T10:00:00.${'0'.repeat(999)}Z`,
  ])('may not say the time as %s', (occurredAt) => {
    expect(faultsOf(VmStateChanged, { ...starting, occurredAt })).toEqual(['occurredAt: must be a time as RFC 3339 writes it, 2026-11-20T10:00:00Z']);
  });
});

describe('a field that may be null', () => {
  const renamed = {
    hostId: 'h1',
    epoch: '019aa0c4-1c00-7abc-8def-0123456789ab',
    sequence: 1,
    observedAt: '2026-11-20T10:00:00Z',
    deviceId: 'a'.repeat(20),
    address: '0000:28:00.1',
  };

  it('may be null, may be left out, and says one sentence when it is neither', () => {
    expect(faultsOf(HOST_FACTS.DeviceRenamed, { ...renamed, name: null })).toEqual([]);
    expect(faultsOf(HOST_FACTS.DeviceRenamed, renamed)).toEqual([]);
    expect(faultsOf(HOST_FACTS.DeviceRenamed, { ...renamed, name: 7 })).toEqual(['name: must be string']);
  });
});

describe('an unknown field', () => {
  it('is refused in a request, by its name, wherever it stands', () => {
    expect(faultsOf(API['devices.list'].request, { fliter: {} })).toEqual(['fliter: is not understood']);
    expect(faultsOf(API['hosts.list'].request, { filter: { stat: 'online' } })).toEqual(['filter.stat: is not understood']);
    expect(faultsOf(API['system.status'].request, { toString: 1 })).toEqual(['toString: is not understood']);
  });

  it('is ignored in a fact', () => {
    expect(faultsOf(VmStateChanged, { ...starting, colour: 'red' }, 'ignore')).toEqual([]);
  });

  it('is refused in a device request, in a fact too: a misspelt wish must not be half served', () => {
    expect(faultsOf(VmStateChanged, { ...starting, devices: [{ device: '10GE', cuont: 2 }] }, 'ignore')).toEqual([
      'devices[0].cuont: is not understood',
    ]);
  });
});

describe('a message of the catalogue', () => {
  const model = { model: 'H100', deviceType: 'accelerator', vendorId: '10de', productId: '2330' };
  const request = (name: ApiName, value: unknown) => faultsOf(API[name].request, value);

  it('takes the ids of a model in any letter case, four digits without 0x', () => {
    expect(request('models.create', { ...model, vendorId: '10DE' })).toEqual([]);
    expect(request('models.create', { ...model, vendorId: '0x10de', productId: '23' }).map((fault) => fault.split(':')[0])).toEqual([
      'vendorId',
      'productId',
    ]);
    expect(request('models.create', { ...model, hostIds: ['h.1'] })).toEqual([expect.stringMatching(/^hostIds\[0\]: /)]);
    expect(request('models.create', {})).toEqual(['model', 'deviceType', 'vendorId', 'productId'].map((field) => `${field}: is missing`));
  });

  it('names what is wrong inside a stored request, however deep', () => {
    expect(request('aliases.put', { name: 'a', request: { device: '10GE', cuont: 2 } })).toEqual(['request.cuont: is not understood']);
    const nested = { firstAvailable: [{ device: 'a' }, { device: 'b', numaPolicy: 'always' }] };
    expect(request('offerings.put', { name: 'o', devices: [nested] })).toEqual([
      'devices[0].firstAvailable[1].numaPolicy: must be one of required, socket, legacy, preferred',
    ]);
    expect(request('aliases.put', { name: 'a', request: { device: 'a', migration: { mode: 'walk' } } })[0]).toMatch(/^request\.migration\.mode: /);
  });

  it('takes "all" for a count, and no other text', () => {
    expect(request('aliases.put', { name: 'a', request: { device: 'a', count: 'all' } })).toEqual([]);
    expect(request('aliases.put', { name: 'a', request: { device: 'a', count: 'ALL' } })).toEqual([
      'request.count: must be a whole number, or "all"',
    ]);
    expect(request('aliases.put', { name: 'a', request: { device: 'a', count: 65 } })).toEqual(['request.count: must be <= 64']);
  });

  it('has a quota of a tenant, a match and a whole limit', () => {
    const quota = { tenant: 'acme', match: { class: '0302' }, limit: 0 };
    expect(request('quotas.put', quota)).toEqual([]);
    expect(request('quotas.put', { ...quota, limit: -1 })).toEqual(['limit: must be >= 0']);
    expect(request('quotas.put', { ...quota, limit: 1.5, match: 'all' })).toEqual(
      expect.arrayContaining(['limit: must be integer', 'match: must be object']),
    );
    expect(request('quotas.put', { tenant: 'acme', limit: 1 })).toEqual(['match: is missing']);
  });

  it('takes a device out of what may be given only if it says which one [cloudstack-12]', () => {
    for (const nothing of [{}, { deviceId: '' }, { deviceId: [] }])
      expect(request('devices.cordon', nothing).map((fault) => fault.split(':')[0])).toEqual(['deviceId']);
    expect(request('devices.cordon', { deviceId: 'a'.repeat(20) })).toEqual([]);
  });

  it('has an offering that fills or spreads, and no third way', () => {
    expect(request('offerings.put', { name: 'o', devices: [], strategy: 'random' })).toEqual(['strategy: must be one of pack, spread']);
  });
});

describe('what nobody can keep', () => {
  const withReason = (reason: unknown): unknown => ({ ...starting, reason });

  it('is refused: NUL, half a surrogate pair', () => {
    expect(faultsOf(VmStateChanged, withReason('a\u0000b'))).toEqual(['reason: holds a character that cannot be stored']);
    expect(faultsOf(VmStateChanged, withReason('\ud83d'))).toEqual(['reason: holds a character that cannot be stored']);
    expect(faultsOf(VmStateChanged, withReason('\ud83d\ude00'))).toEqual([]);
    expect(faultsOf(VmStateChanged, { ...starting, 'a\u0000b': 1 }, 'ignore')).toHaveLength(1);
  });

  it('is refused inside fields that nobody knows too', () => {
    expect(faultsOf(VmStateChanged, { ...starting, other: [{ deep: '\u0000' }] }, 'ignore')).toEqual([
      'other[0].deep: holds a character that cannot be stored',
    ]);
  });

  it('is refused when it is nested without end', () => {
    const nested = JSON.parse(`${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`) as unknown;
    expect(faultsOf(VmStateChanged, { ...starting, other: nested }, 'ignore')[0]).toMatch(/is nested deeper than 16$/);
    const lists = JSON.parse(`${'['.repeat(5000)}${']'.repeat(5000)}`) as unknown;
    expect(faultsOf(VmStateChanged, { ...starting, other: lists }, 'ignore')[0]).toMatch(/is nested deeper than 16$/);
  });

  it('is refused before anything is looked for in it, where a message may hold itself without end', () => {
    const nested = JSON.parse(`${'{"firstAvailable":['.repeat(12_000)}{}${']}'.repeat(12_000)}`) as unknown;
    for (const unknowns of ['refuse', 'ignore'] as const)
      expect(faultsOf(VmStateChanged, { ...starting, devices: [nested] }, unknowns)).toEqual([expect.stringMatching(/is nested deeper than 16$/)]);
  });

  it('is named in a few words that can be kept, whatever its name', () => {
    const [long] = faultsOf(VmStateChanged, { ...starting, ['x'.repeat(100_000)]: 1 });
    expect(long).toBe(`${'x'.repeat(255)}…: is not understood`);
    expect(faultsOf(VmStateChanged, { ...starting, '': 1 })).toEqual(['"": is not understood']);
    expect(faultsOf(VmStateChanged, { ...starting, 'a\u0000b\ud83d': 1 })).toEqual(['a\ufffdb\ufffd: is not allowed as a name']);
  });

  it.each(['__proto__', 'constructor', 'prototype'])('is refused when it plays tricks with %s', (name) => {
    const value: unknown = JSON.parse(`{"vmId":"vm-1","state":"starting","other":{"${name}":{"x":1}}}`);
    expect(faultsOf(VmStateChanged, value, 'ignore')).toEqual([`other.${name}: is not allowed as a name`]);
  });
});

describe('the schema of a message', () => {
  it('is that of the message it extends, where it adds nothing', () => {
    expect(schemaName(HOST_FACTS.HostdevAttached)).toBe('HostdevOutcome');
    expect(schemaName(HOST_FACTS.HostdevFailed)).toBe('HostdevFailed');
    expect(faultsOf(HOST_FACTS.HostdevAttached, {})).not.toEqual([]);
  });

  it('is not there for what is no message', () => {
    expect(() => schemaName(class Stranger {})).toThrow('Stranger is no message');
  });
});
