import { describe, expect, it } from '@jest/globals';
import { readWhere } from './where.js';

describe('a where that asks of nothing but what pools of devices are told apart by', () => {
  it.each([
    ['device.vendorId == "10de"', true],
    ['device.numaNode == 1 && device.tags["rack"] == "b7"', true],
    ['has(device.tags.zone) || "row" in device.tags', true],
    ['device.tags.exists(key, device.tags[key] == "a")', true],
    ['device.vfIndex == 3 && device.name == "10GE"', false],
    ['device.tags["rack"] == "b7" && device.iommuGroup < 2', false],
  ])('is answered from those: %s (%s)', (expression, expected) => {
    expect(readWhere(expression)?.ofPools).toBe(expected);
  });
});
