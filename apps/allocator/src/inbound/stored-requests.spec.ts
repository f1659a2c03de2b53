import { describe, expect, it } from '@jest/globals';
import type { DeviceRequest } from '@vfleet/pci';
import { aliasFaults, offeringFaults } from './stored-requests.js';

const fieldsOf = (faults: ReturnType<typeof aliasFaults>): readonly string[] => faults.map(({ field }) => field);

describe('the request of an alias', () => {
  it.each<DeviceRequest>([
    { device: '10GE,10GE' },
    { model: 'not-registered-yet', match: { numaNode: [0, 1] }, count: 2 },
    { match: { all: true }, where: 'device.numaNode == 0', count: 'all' },
    { firstAvailable: [{ device: 'a' }, { match: { class: '02' } }] },
  ])('may be %j', (request) => {
    expect(aliasFaults(request)).toEqual([]);
  });

  it.each<[string, DeviceRequest, string]>([
    ['an unknown key of a match', { match: { vendorid: '8086' } }, 'request.match.vendorid'],
    ['a match that says nothing', { match: {} }, 'request.match'],
    ['a bad glob', { match: { address: 'zz:*' } }, 'request.match.address'],
    ['a bad range', { match: { pf: 'ens1f0#3-1' } }, 'request.match.pf'],
    ['an expression that is none', { device: 'a', where: 'device.numaNode ==' }, 'request.where'],
    ['a count of nothing', { device: 'a', count: 0 }, 'request.count'],
    ['another alias', { alias: 'other' }, 'request.alias'],
    ['another alias among its alternatives', { firstAvailable: [{ device: 'a' }, { alias: 'other' }] }, 'request.firstAvailable[1].alias'],
  ])('may not have %s', (_, request, field) => {
    expect(fieldsOf(aliasFaults(request))).toEqual([field]);
  });
});

describe('the requests of an offering', () => {
  it('may name aliases and models that nobody has stored yet', () => {
    expect(offeringFaults([{ alias: 'later' }, { model: 'later' }, { firstAvailable: [{ alias: 'later' }] }])).toEqual([]);
  });

  it('are refused with every fault of each of them', () => {
    const faults = offeringFaults([{ device: 'a', count: 65 }, { device: 'b' }, { match: { nmae: 'x' }, where: '1 +' }]);
    expect(fieldsOf(faults)).toEqual(['devices[0].count', 'devices[2].match.nmae', 'devices[2].where']);
  });

  it('may not be none', () => {
    expect(offeringFaults([])).toEqual([{ field: 'devices', message: 'asks for nothing' }]);
  });
});
