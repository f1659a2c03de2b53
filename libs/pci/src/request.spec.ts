import { describe, expect, it } from '@jest/globals';
import type { Alternative } from './ask.js';
import type { DeviceRequest } from './device-request.js';
import { parseWanted } from './request.js';
import { aLanguage, aWish } from './testing.js';

type Flat = Alternative & { readonly requestName: string };

const asksOf = (...requests: DeviceRequest[]): readonly Flat[] =>
  aWish(requests).asks.map(({ requestName, alternatives }) => ({ requestName, ...(alternatives[0] as Alternative) }));
const faultsOf = (...requests: unknown[]): readonly string[] => {
  const parsed = parseWanted({ devices: requests as DeviceRequest[] }, aLanguage());
  return 'faults' in parsed ? parsed.faults.map(({ field }) => field) : [];
};
const namesOf = (...requests: DeviceRequest[]): readonly string[] => asksOf(...requests).map(({ requestName }) => requestName);

describe('a device request', () => {
  it('asks for one device where it says no count', () => {
    expect(asksOf({ device: '10GE' })[0]).toMatchObject({ requestName: '10GE-0', count: 1, forPf: false, byAddress: false });
  });

  it('accepts the devices of its name only, narrowed by its match', () => {
    const [ask] = asksOf({ device: '10GE', match: { numaNode: 1 } });
    expect(ask?.accepts({ name: '10GE', numaNode: 1 })).toBe(true);
    expect(ask?.accepts({ name: '10GE', numaNode: 0 })).toBe(false);
    expect(ask?.accepts({ name: 'GPU', numaNode: 1 })).toBe(false);
    expect(ask?.accepts({ numaNode: 1 })).toBe(false);
  });

  it('asks for one device each with several names between commas', () => {
    expect(namesOf({ device: '10GE,10GE, GPU ' })).toEqual(['10GE-0', '10GE-1', 'GPU-0']);
    expect(asksOf({ device: '10GE, GPU' })[1]?.accepts({ name: 'GPU' })).toBe(true);
  });

  it('tells each of several names apart by an index where it has a name of its own', () => {
    expect(namesOf({ name: 'net', device: '10GE,10GE' })).toEqual(['net-0', 'net-1']);
  });

  it('takes the blanks around a name for no part of it', () => {
    expect(asksOf({ device: ' 10GE ' })[0]?.accepts({ name: '10GE' })).toBe(true);
  });

  it('gets a name that no other request has', () => {
    expect(namesOf({ device: '10GE' }, { device: '10GE' }, { match: { kind: 'pci' } }, { match: { name: 'GPU' } })).toEqual([
      '10GE-0',
      '10GE-1',
      'device-0',
      'GPU-0',
    ]);
    expect(namesOf({ device: '10GE' }, { name: '10GE-0', device: 'GPU' })).toEqual(['10GE-1', '10GE-0']);
  });

  it('says that it means a PF by the function type, and a controller by the address', () => {
    expect(asksOf({ match: { functionType: ['vf', 'pf'] } })[0]).toMatchObject({ forPf: true, byAddress: false });
    expect(asksOf({ match: { address: '28:00.0' } })[0]).toMatchObject({ forPf: false, byAddress: true });
  });

  it.each<[string, unknown, string]>([
    ['asks for nothing', {}, 'devices[0]'],
    ['names nothing', { device: '' }, 'devices[0].device'],
    ['names nothing between two commas', { device: '10GE,,GPU' }, 'devices[0].device'],
    ['names a number', { device: 7 }, 'devices[0].device'],
    ['has a blank name', { name: ' ', device: '10GE' }, 'devices[0].name'],
    ['asks for none', { device: '10GE', count: 0 }, 'devices[0].count'],
    ['asks for too many', { device: '10GE', count: 65 }, 'devices[0].count'],
    ['asks for a part', { device: '10GE', count: 1.5 }, 'devices[0].count'],
    ['has a field that nobody knows', { device: '10GE', cuont: 2 }, 'devices[0].cuont'],
    ['has a match that is a list', { match: [] }, 'devices[0].match'],
    ['has a match that is null', { match: null }, 'devices[0].match'],
    ['has a faulty match', { match: { vendorid: '8086' } }, 'devices[0].match.vendorid'],
  ])('is refused when it %s', (_, request, field) => {
    expect(faultsOf(request)).toEqual([field]);
  });

  it('tells the faults of all requests at once, each with its path', () => {
    expect(faultsOf({ device: '10GE' }, { count: 0 }, { device: 'GPU', match: { vendorid: '1', numaNode: 'x' } })).toEqual([
      'devices[1]',
      'devices[1].count',
      'devices[2].match.vendorid',
      'devices[2].match.numaNode',
    ]);
  });

  it('may not take the name of another one', () => {
    expect(faultsOf({ name: 'a', device: 'x' }, { name: 'a', device: 'y' })).toEqual(['devices[1].name']);
  });

  it('stands among 64 at most, names between commas counted', () => {
    const many = Array.from({ length: 65 }, () => ({ device: 'x' }));
    expect(faultsOf(...many)).toEqual(['devices']);
    expect(faultsOf({ device: many.map(({ device }) => device).join(',') })).toEqual(['devices']);
    expect(asksOf(...many.slice(1))).toHaveLength(64);
  });

  it('is refused where all conditions together are too costly; what is asked several times counts once', () => {
    const language = { ...aLanguage(), compileWhere: () => ({ test: () => true, reads: [], steps: 400, equals: new Map() }) };
    const wish = (...wheres: string[]) => parseWanted({ devices: wheres.map((where) => ({ device: 'x', where })) }, language);
    expect(wish('a', 'b')).toHaveProperty('asks');
    expect(wish('a', 'a', 'a')).toHaveProperty('asks');
    // The name is asked once as well.
    expect(wish('a', 'b', 'c')).toEqual({ faults: [{ field: 'devices', message: expect.stringContaining('1201 steps') }] });
  });
});
