import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { DeviceRequest } from './device-request.js';
import { checkRequests } from './request.js';
import { simpleWhere } from './testing.js';

const check = (requests: unknown, standing?: 'alias'): readonly string[] =>
  checkRequests(requests as DeviceRequest[], simpleWhere, 'devices', standing).map(({ field, message }) => `${field}: ${message}`);
const fields = (...requests: unknown[]): readonly string[] => checkRequests(requests as DeviceRequest[], simpleWhere).map(({ field }) => field);
const long = 'x'.repeat(257);

describe('a request as it is written is refused', () => {
  it.each<[string, object, string]>([
    ['a name that is no text', { name: 7, device: 'a' }, 'name'],
    ['a name of 129 characters', { name: 'x'.repeat(129), device: 'a' }, 'name'],
    ['a device name that is too long', { device: `a,${long}` }, 'device'],
    ['a model that is a list', { model: ['a'] }, 'model'],
    ['a model that is too long', { model: long }, 'model'],
    ['a blank alias', { alias: '  ' }, 'alias'],
    ['an alias that is too long', { alias: long }, 'alias'],
    ['a match that is text', { match: 'all' }, 'match'],
    ['a match that says nothing', { match: {} }, 'match'],
    ['"all" beside another key', { match: { all: true, kind: 'pci' } }, 'match.all'],
    ['"all" that is not true', { match: { all: 'true' } }, 'match.all'],
    ['a key of a match that nobody knows', { match: { 'tags.': 'x' } }, 'match.tags.'],
    ['a key of a match that every object has', { match: { constructor: 'x' } }, 'match.constructor'],
    ['a glob with a letter that is no digit', { match: { address: '0000:2g:00.0' } }, 'match.address'],
    ['a glob in brackets', { match: { address: '0000:[28]:00.0' } }, 'match.address'],
    ['a glob that is too long', { match: { address: '*'.repeat(65) } }, 'match.address'],
    ['a range of ranges of VFs', { match: { pf: 'ens1f0#1-2-3' } }, 'match.pf'],
    ['a range of VFs that is no number', { match: { pf: 'ens1f0#x' } }, 'match.pf'],
    ['a range of VFs that goes down', { match: { pf: 'ens1f0#3-1' } }, 'match.pf'],
    ['a range of VFs without its PF', { match: { pf: '#3' } }, 'match.pf'],
    ['a range of VFs that says nothing', { match: { pf: 'ens1f0#' } }, 'match.pf'],
    ['a NUMA node that is text', { match: { numaNode: '0' } }, 'match.numaNode'],
    ['a vendor with 0x', { match: { vendorId: '0x8086' } }, 'match.vendorId'],
    ['an empty list of values', { match: { kind: [] } }, 'match.kind'],
    ['a flag that is text', { match: { liveMigratable: 'yes' } }, 'match.liveMigratable'],
    ['a kind that there is not', { match: { kind: 'PCI' } }, 'match.kind'],
    ['a link that there is not, beside one that is', { match: { linkType: ['ether', 'ethernet'] } }, 'match.linkType'],
    ['an expression that is a number', { device: 'a', where: 1 }, 'where'],
    ['an expression that is blank', { device: 'a', where: ' ' }, 'where'],
    ['an expression that cannot be understood', { device: 'a', where: 'numaNode ==' }, 'where'],
    ['a count that is another word than all', { device: 'a', count: 'ALL' }, 'count'],
    ['a count that is a number in text', { device: 'a', count: '2' }, 'count'],
    ['a count that is nothing', { device: 'a', count: null }, 'count'],
    ['a policy that there is not', { device: 'a', numaPolicy: 'strict' }, 'numaPolicy'],
    ['together that is text', { device: 'a', together: 'numaNode' }, 'together'],
    ['together that is empty', { device: 'a', together: [] }, 'together'],
    ['together with more than eight attributes', { device: 'a', together: Array.from({ length: 9 }, () => 'numaNode') }, 'together'],
    ['together in what is no attribute', { device: 'a', together: ['numaNode', 'colour'] }, 'together[1]'],
    ['apart in what every object has', { device: 'a', apart: ['__proto__'] }, 'apart[0]'],
    ['together and apart in one attribute', { device: 'a', together: ['slot'], apart: ['slot'] }, 'apart'],
    ['a placement that there is not', { device: 'a', placement: 'near' }, 'placement'],
    ['a migration that is text', { device: 'a', migration: 'live' }, 'migration'],
    ['keepOnStop that is text', { device: 'a', keepOnStop: 'true' }, 'keepOnStop'],
    ['a field that every object has', { device: 'a', constructor: 1 }, 'constructor'],
    ['alternatives that are none', { firstAvailable: [] }, 'firstAvailable'],
    ['alternatives that are no list', { firstAvailable: { device: 'a' } }, 'firstAvailable'],
    ['more than 16 alternatives', { firstAvailable: Array.from({ length: 17 }, () => ({ device: 'a' })) }, 'firstAvailable'],
    ['an alternative with alternatives', { firstAvailable: [{ firstAvailable: [{ device: 'a' }] }] }, 'firstAvailable[0].firstAvailable'],
    ['an alternative with a name', { firstAvailable: [{ name: 'n', device: 'a' }] }, 'firstAvailable[0].name'],
    ['an alternative of several names', { firstAvailable: [{ device: 'a' }, { device: 'a,b' }] }, 'firstAvailable[1].device'],
    ['an alternative with a fault of its own', { firstAvailable: [{ device: 'a', count: 0 }] }, 'firstAvailable[0].count'],
    ['a match beside alternatives', { firstAvailable: [{ device: 'a' }], match: { kind: 'pci' } }, 'match'],
  ])('for %s', (_, request, field) => {
    expect(fields(request)).toEqual([`devices[0].${field}`]);
  });

  it('for two ways to say what is wanted', () => {
    expect(check([{ device: 'a', alias: 'b' }])).toEqual(['devices[0]: says device and alias; only one of them may stand']);
  });

  it('with a hint at the name that was meant', () => {
    expect(check([{ device: 'a', numapolicy: 'legacy', match: { vendorid: '8086' }, apart: ['PCIEROOT'] }])).toEqual([
      'devices[0].numapolicy: is not understood; did you mean numaPolicy?',
      'devices[0].match.vendorid: is no key of a match; did you mean vendorId?',
      'devices[0].apart[0]: is no attribute of a device; did you mean pcieRoot?',
    ]);
  });

  it('for all its faults at once, and for those of the others, repeated names among them', () => {
    expect(fields({ name: 'a', count: 0 }, null, { name: 'a', device: 'x', match: { address: 'zz' }, where: '?', keepOnStop: 1 }, [])).toEqual([
      'devices[0]',
      'devices[0].count',
      'devices[1]',
      'devices[2].match.address',
      'devices[2].keepOnStop',
      'devices[2].where',
      'devices[3]',
      'devices[2].name',
    ]);
  });

  it('where it is not in a list', () => {
    expect(check({ device: 'a' })).toEqual(['devices: must be a list of requests']);
  });
});

describe('a stored alias is refused', () => {
  it('where it names another alias, be it among its alternatives: its use would not come to an end', () => {
    expect(check([{ alias: 'other' }], 'alias')).toEqual(['devices[0].alias: cannot name another alias']);
    expect(check([{ firstAvailable: [{ device: 'a' }, { alias: 'itself' }] }], 'alias')).toEqual([
      'devices[0].firstAvailable[1].alias: cannot name another alias',
    ]);
  });
});

describe('a request that is accepted', () => {
  it.each<[string, object]>([
    ['says "all" alone', { match: { all: true } }],
    [
      'shares and differs in several things, tags among them',
      { device: 'a', together: ['numaNode', 'tags.rack'], apart: ['pcieRoot', 'parentDeviceId'] },
    ],
    ['gives VFs by index', { match: { pf: ['ens1f0#0-3,7', 'ens2f0'] } }],
    ['names an alias among its alternatives', { firstAvailable: [{ alias: 'a' }, { device: 'b', count: 2 }], count: 1, where: 'numaNode == 0' }],
    ['asks for all', { device: 'a', count: 'all' }],
  ])('%s', (_, request) => {
    expect(fields(request)).toEqual([]);
  });
});

describe('whatever anybody sends as requests', () => {
  const word = fc.constantFrom(
    'device',
    'match',
    'alias',
    'firstAvailable',
    'count',
    'together',
    'apart',
    'where',
    'name',
    '__proto__',
    'toString',
    'all',
  );
  const value: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
    any: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom(null, true, 0, 'a', 'all', 'numaNode', 'ens1f0#9-1'),
      fc.array(tie('any'), { maxLength: 3 }),
      tie('object'),
    ),
    object: fc
      .array(fc.tuple(word, tie('any')), { maxLength: 4 })
      .map((entries) => JSON.parse(`{${entries.map(([key, one]) => `${JSON.stringify(key)}:${JSON.stringify(one)}`).join(',')}}`) as unknown),
  })).any;

  it('is checked without an error, and each fault names its field and says something', () => {
    fc.assert(
      fc.property(fc.oneof(value, fc.array(fc.oneof(value, fc.jsonValue()), { maxLength: 3 })), (sent) => {
        const faults = checkRequests(sent as DeviceRequest[], simpleWhere);
        for (const { field, message } of faults) expect([field.startsWith('devices'), message.length > 3]).toEqual([true, true]);
        if (!Array.isArray(sent)) expect(faults).not.toEqual([]);
      }),
      { numRuns: 10_000 },
    );
  });
});
