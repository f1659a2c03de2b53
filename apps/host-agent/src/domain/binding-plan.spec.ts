import { describe, expect, it } from '@jest/globals';
import { aDevice } from '@vfleet/testing';
import { planBinding } from './binding-plan.js';

const serial = aDevice('h1', '0000:42:00.0', { class: '070002', iommuGroup: 1 });
const timer = aDevice('h1', '0000:42:00.1', { class: '088000', iommuGroup: 1 });
const bridge = aDevice('h1', '0000:43:00.0', { class: '060400', iommuGroup: 2 });

describe('what an agent binds for a VM', () => {
  it('is what it is told to, of a class too that hosts keep unless an operator says otherwise, and no such member of its group', () => {
    expect(planBinding([serial, timer, bridge], serial.deviceId, false)).toEqual({ bind: [serial] });
  });

  it('is never a bridge, nor what a host driver has in the group', () => {
    expect(planBinding([bridge], bridge.deviceId, false)).toEqual({ refused: 'bridge' });
    expect(planBinding([serial, { ...timer, driver: 'pps' }], serial.deviceId, false)).toEqual({
      refused: '0000:42:00.1 in IOMMU group 1 is a system peripheral',
    });
  });
});
