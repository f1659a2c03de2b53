import { describe, expect, it } from '@jest/globals';
import { course, move, planned, start } from '../testing/given.js';
import { NO_HOTPLUG } from './hotplug.js';
import { seesTo } from './sees-to.js';

const { source, target } = move(1);
const plugged = { requestName: '10GE-0', deviceId: source.deviceId, address: source.address, where: 'attached' } as const;

describe('a device that is told late to be plugged or unplugged', () => {
  it('is nobody elses where nothing is under way with its VM', () => {
    expect(seesTo(undefined, source.deviceId)).toBe(false);
  });

  it('is left to a newer move that takes it, on either side', () => {
    const { saga } = course(start, planned());
    expect([source.deviceId, target?.deviceId ?? '', move(2).source.deviceId].map((id) => seesTo(saga, id))).toEqual([true, true, false]);
  });

  it('is left to a newer operation that plugs it or unplugs it', () => {
    const operation = { ...NO_HOTPLUG, state: 'unplugging', devices: [plugged] } as const;
    expect([source.deviceId, move(2).source.deviceId].map((id) => seesTo(operation, id))).toEqual([true, false]);
  });

  it('has to wait until it is known what that takes', () => {
    expect(seesTo(course(start).saga, source.deviceId)).toBeUndefined();
    expect(seesTo({ ...NO_HOTPLUG, state: 'requested' }, source.deviceId)).toBeUndefined();
  });
});
