import { describe, expect, it } from '@jest/globals';
import { ineligibility } from './eligibility.js';
import { aDevice, aHost, aPfWithVfs, aWish, chosen, codes } from './testing.js';

// As `peers.spec.ts`: situations that systems of this field know, each with the case it was made of.

describe('a device of a class of its own', () => {
  it('is given away where it is an accelerator without a display, as the GPUs of a DGX A100 [elig-002]', () => {
    const gpu = aDevice({ address: '0000:07:00.0', vendorId: '10de', productId: '20b0', class: '030200', driver: 'nvidia' });
    expect(ineligibility(gpu, aHost([gpu]))).toEqual([]);
    expect(chosen(aHost([gpu]), aWish([{ match: { class: '0302' } }]))).toEqual(['0000:07:00.0 device-0']);
  });
});

describe('a VM that asks for a port of a network', () => {
  const [pf, vf] = aPfWithVfs({ address: '0000:05:00.0', physicalNetwork: 'net2' }, ['0000:05:10.0']);
  const host = aHost([pf, vf].flatMap((device) => (device ? [{ ...device, physicalNetwork: 'net2' }] : [])));

  it('gets no VF of a PF that reaches another one, nor of one of which nobody says which it reaches [vf-003]', () => {
    const wish = aWish([{ name: 'v1', match: { functionType: 'vf', physicalNetwork: 'net1' } }]);
    expect(codes(host, wish)).toEqual({ v1: ['NO_MATCH'] });
    expect(codes(aHost(aPfWithVfs({ address: '0000:05:00.0' }, ['0000:05:10.0'])), wish)).toEqual({ v1: ['NO_MATCH'] });
  });
});
