import { describe, expect, it } from '@jest/globals';
import type { Alternative } from './ask.js';
import type { DeviceRequest, StoredOffering } from './device-request.js';
import { parseWanted, type Wanted } from './request.js';
import { aLanguage, aWish, type Named } from './testing.js';

const namesOf = (wanted: Wanted | readonly DeviceRequest[], named: Named): readonly string[] =>
  aWish(wanted, {}, named).asks.map(({ requestName }) => requestName);
const onlyWay = (request: DeviceRequest, named: Named): Alternative => aWish([request], {}, named).asks[0]?.alternatives[0] as Alternative;
const missingOf = (wanted: Wanted, named: Named = {}): unknown => {
  const parsed = parseWanted(wanted, aLanguage(named));
  return 'missing' in parsed ? parsed.missing.map(({ code, field, name }) => [code, field, name]) : parsed;
};
const faultsOf = (wanted: Wanted, named: Named = {}): readonly string[] => {
  const parsed = parseWanted(wanted, aLanguage(named));
  return 'faults' in parsed ? parsed.faults.map(({ field }) => field) : [];
};

describe('a request by alias', () => {
  const gpu: DeviceRequest = { match: { vendorId: '10de', numaNode: [0, 1] }, count: 2, numaPolicy: 'required', keepOnStop: true, placement: 'port' };
  const named = { aliases: { gpu } };

  it('asks for what the alias says, under the name of the alias', () => {
    expect(aWish([{ alias: 'gpu' }], {}, named).asks[0]?.requestName).toBe('gpu-0');
    expect(onlyWay({ alias: 'gpu' }, named)).toMatchObject({ count: 2, numaPolicy: 'required', keepOnStop: true, placement: 'port' });
  });

  it('narrows the alias by its match and its where: all of them have to hold', () => {
    const way = onlyWay({ alias: 'gpu', match: { numaNode: 1 }, where: 'driver == "vfio"' }, named);
    expect(way.accepts({ vendorId: '10de', numaNode: 1, driver: 'vfio' })).toBe(true);
    expect(way.accepts({ vendorId: '8086', numaNode: 1, driver: 'vfio' })).toBe(false);
    expect(way.accepts({ vendorId: '10de', numaNode: 0, driver: 'vfio' })).toBe(false);
    expect(way.accepts({ vendorId: '10de', numaNode: 1, driver: 'nouveau' })).toBe(false);
  });

  it.each<[string, Partial<DeviceRequest>]>([
    ['count', { count: 1 }],
    ['numaPolicy', { numaPolicy: 'legacy' }],
    ['keepOnStop', { keepOnStop: false }],
    ['placement', { placement: 'any' }],
    ['together', { together: ['pcieRoot'] }],
    ['apart', { apart: ['numaNode'] }],
    ['migration', { migration: { mode: 'forbid' } }],
  ])('has its own %s instead of the alias’s', (_, over) => {
    expect(onlyWay({ alias: 'gpu', ...over }, named)).toMatchObject(over);
  });

  it('has its own name instead of the alias’s, and the alias’s where it has none', () => {
    const own = { aliases: { gpu: { ...gpu, name: 'card' } } };
    expect(namesOf([{ alias: 'gpu' }], own)).toEqual(['card']);
    expect(namesOf([{ alias: 'gpu', name: 'left' }], own)).toEqual(['left']);
    expect(namesOf([{ alias: 'gpu' }, { alias: 'gpu' }], own)).toEqual(['card', 'card-0']);
  });

  it('asks for one device each where the alias lists names', () => {
    const pair = { aliases: { pair: { device: '10GE,GPU' } } };
    expect(namesOf([{ alias: 'pair' }], pair)).toEqual(['pair-0', 'pair-1']);
    expect(namesOf([{ name: 'net', alias: 'pair' }], pair)).toEqual(['net-0', 'net-1']);
  });

  it('narrows every alternative of an alias that lists some', () => {
    const any = { aliases: { any: { firstAvailable: [{ device: 'a' }, { device: 'b', count: 2 }] } } };
    const [ask] = aWish([{ alias: 'any', match: { numaNode: 0 } }], {}, any).asks;
    expect(ask?.alternatives.map((way) => [way.accepts({ name: 'b', numaNode: 0 }), way.accepts({ name: 'b', numaNode: 1 }), way.count])).toEqual([
      [false, false, 1],
      [true, false, 2],
    ]);
  });

  it('is not known where nobody has stored it, nor is a name that every object has', () => {
    expect(missingOf({ devices: [{ alias: 'toString' }, { device: 'x' }, { alias: 'later' }] })).toEqual([
      ['ALIAS_NOT_FOUND', 'devices[0].alias', 'toString'],
      ['ALIAS_NOT_FOUND', 'devices[2].alias', 'later'],
    ]);
  });

  it('asks for a model that must be registered', () => {
    expect(missingOf({ devices: [{ alias: 'card' }] }, { aliases: { card: { model: 'A100' } } })).toEqual([
      ['MODEL_NOT_FOUND', 'devices[0].model', 'A100'],
    ]);
    expect(onlyWay({ model: ' A100 ' }, { models: ['A100'] }).accepts({ model: 'A100' })).toBe(true);
  });

  it('cannot be an alternative where the alias lists names, for that would be several', () => {
    expect(faultsOf({ devices: [{ firstAvailable: [{ device: 'x' }, { alias: 'pair' }] }] }, { aliases: { pair: { device: '10GE,GPU' } } })).toEqual([
      'devices[0].firstAvailable[1].alias',
    ]);
  });

  it('cannot bring more alternatives into a list than a list may have', () => {
    const nine = { firstAvailable: Array.from({ length: 9 }, (_, index) => ({ device: `d${index}` })) };
    expect(faultsOf({ devices: [{ firstAvailable: [{ alias: 'nine' }, { alias: 'nine' }] }] }, { aliases: { nine } })).toEqual([
      'devices[0].firstAvailable',
    ]);
  });
});

describe('an offering', () => {
  const offering: StoredOffering = {
    devices: [
      { device: '10GE', name: 'net' },
      { device: 'GPU', keepOnStop: false },
    ],
    keepOnStop: true,
    strategy: 'spread',
  };
  const named = { offerings: { heavy: offering } };

  it('comes before the requests beside it', () => {
    expect(namesOf({ offering: 'heavy', devices: [{ device: 'NVME' }] }, named)).toEqual(['net', 'GPU-0', 'NVME-0']);
  });

  it('leaves a name to the request beside it that has it too', () => {
    expect(namesOf({ offering: 'heavy', devices: [{ device: 'NVME', name: 'net' }] }, named)).toEqual(['net-0', 'GPU-0', 'net']);
  });

  it('says for its own requests whether they outlive a stop, unless they say so themselves', () => {
    const { asks } = aWish({ offering: 'heavy', devices: [{ device: 'NVME' }] }, {}, named);
    expect(asks.map(({ alternatives: [way] }) => way?.keepOnStop)).toEqual([true, false, false]);
  });

  it('leaves it to its aliases too', () => {
    const aliases = { lasting: { device: 'x', keepOnStop: true } };
    const { asks } = aWish({ offering: 'short' }, {}, { aliases, offerings: { short: { devices: [{ alias: 'lasting' }], keepOnStop: false } } });
    expect(asks[0]?.alternatives[0]?.keepOnStop).toBe(true);
  });

  it('says how the host is filled', () => {
    expect(aWish({ offering: 'heavy' }, {}, named).strategy).toBe('spread');
    expect(aWish([{ device: 'x' }]).strategy).toBeUndefined();
  });

  it('is not known where nobody has stored it', () => {
    expect(missingOf({ offering: 'constructor' })).toEqual([['OFFERING_NOT_FOUND', 'offering', 'constructor']]);
  });

  it('counts among the 64 requests of a VM', () => {
    const many = { offerings: { many: { devices: Array.from({ length: 64 }, () => ({ device: 'x' })) } } };
    expect(namesOf({ offering: 'many' }, many)).toHaveLength(64);
    expect(faultsOf({ offering: 'many', devices: [{ device: 'x' }] }, many)).toEqual(['devices']);
  });
});
