import { describe, expect, it } from '@jest/globals';
import { BUILT_IN_DEVICE_TYPES } from './device-type.js';
import { coverSameDevices, isBuiltInDeviceType, modelBook, modelFaults, tidyModel, type RegisteredModel } from './models.js';
import { aDevice } from './testing.js';

const aModel = (over: Partial<RegisteredModel> = {}): RegisteredModel => ({
  model: 'H100',
  deviceType: 'accelerator',
  vendorId: '10de',
  productId: '2330',
  ...over,
});
const card = aDevice({ vendorId: '10de', productId: '2330' });

describe('a book of models', () => {
  it('knows a device by its vendor and product', () => {
    const book = modelBook([aModel(), aModel({ model: 'A100', productId: '20b0' })]);
    expect(book.modelOf('h1', card)?.model).toBe('H100');
    expect(book.modelOf('h1', aDevice({ vendorId: '10de', productId: '20b0' }))?.model).toBe('A100');
    expect(book.modelOf('h1', aDevice({ vendorId: '10de', productId: 'ffff' }))).toBeUndefined();
    expect(book.modelOf('h1', aDevice({ vendorId: '1002', productId: '2330' }))).toBeUndefined();
  });

  it('knows a model that names hosts on those hosts only', () => {
    const book = modelBook([aModel({ hostIds: ['h1', 'h2'] })]);
    expect(['h1', 'h2', 'h3'].map((hostId) => book.modelOf(hostId, card)?.model)).toEqual(['H100', 'H100', undefined]);
  });

  it('prefers a model that names the host, and of two alike the first by name', () => {
    const models = [aModel({ model: 'every' }), aModel({ model: 'z', hostIds: ['h1'] }), aModel({ model: 'b', hostIds: ['h1'] })];
    for (const order of [models, models.toReversed()]) {
      expect(modelBook(order).modelOf('h1', card)?.model).toBe('b');
      expect(modelBook(order).modelOf('h2', card)?.model).toBe('every');
    }
  });

  it('says nothing of a device without ids', () => {
    expect(modelBook([aModel()]).modelOf('h1', {})).toBeUndefined();
  });
});

describe('a model', () => {
  it('is kept with trimmed names and lower-case ids', () => {
    expect(tidyModel(aModel({ model: ' H100 ', deviceType: '\tgpu ', vendorId: '10DE', hostIds: ['h2', 'h1', 'h2'] }))).toEqual(
      aModel({ deviceType: 'gpu', hostIds: ['h1', 'h2'] }),
    );
  });

  it('is refused with every field that is wrong', () => {
    const wrong = aModel({ model: '', deviceType: '', vendorId: '0x10de', productId: '23', hostIds: [] });
    expect(modelFaults(wrong).map(({ field }) => field)).toEqual(['model', 'deviceType', 'vendorId', 'productId', 'hostIds']);
    expect(modelFaults(aModel())).toEqual([]);
  });

  it.each([...BUILT_IN_DEVICE_TYPES])('cannot take the built-in type %s in any letter case', (type) => {
    expect([type, type.toLowerCase(), `${type}-x`].map(isBuiltInDeviceType)).toEqual([true, true, false]);
  });

  it.each([
    ['both without hosts', {}, {}, true],
    ['one without hosts', {}, { hostIds: ['h1'] }, true],
    ['a host in common', { hostIds: ['h1', 'h2'] }, { hostIds: ['h2', 'h3'] }, true],
    ['no host in common', { hostIds: ['h1'] }, { hostIds: ['h2'] }, false],
    ['another product', {}, { productId: '20b0' }, false],
    ['another vendor', {}, { vendorId: '1002' }, false],
  ])('covers the same devices as another: %s', (_, one, other, same) => {
    expect(coverSameDevices(aModel(one), aModel(other))).toBe(same);
    expect(coverSameDevices(aModel(other), aModel(one))).toBe(same);
  });
});
