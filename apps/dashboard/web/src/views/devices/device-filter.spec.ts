import { describe, expect, it } from '@jest/globals';
import { toFilter, writtenConditions } from './device-filter.js';

const filterOf = (address: string): unknown => toFilter(new URLSearchParams(address));

describe('a filter in the address', () => {
  it('says what devices.list is asked for', () => {
    expect(filterOf('f.state=available&f.functionType=vf')).toEqual({ state: 'available', functionType: 'vf' });
  });

  it('has numbers and truths where the key wants them', () => {
    expect(filterOf('f.numaNode=0&f.eligible=false&f.vendorId=8086')).toEqual({ numaNode: 0, eligible: false, vendorId: '8086' });
  });

  it('lists several values with commas', () => {
    expect(filterOf('f.state=held,%20missing&f.numaNode=0,1')).toEqual({ state: ['held', 'missing'], numaNode: [0, 1] });
  });

  it('leaves commas alone in tags and behind a PF', () => {
    expect(filterOf('f.tags.rack=b4,b5&f.pf=ens1f0%230-3,7')).toEqual({ 'tags.rack': 'b4,b5', pf: 'ens1f0#0-3,7' });
  });

  it('passes on what is wrong, so that the service can say so', () => {
    expect(filterOf('f.numaNode=none&f.colour=red')).toEqual({ numaNode: 'none', colour: 'red' });
  });

  it('is not what else stands in the address, nor what is empty', () => {
    expect(filterOf('at=12&where=true&f.name=')).toEqual({});
    expect(writtenConditions(new URLSearchParams('at=12&f.name=a%26b'))).toEqual([['name', 'a&b']]);
  });
});
