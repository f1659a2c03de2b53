import { describe, expect, it } from '@jest/globals';
import { mergeTags, withTags } from './tags.js';
import { aDevice } from './testing.js';

describe('the tags of a device', () => {
  const device = aDevice({ tags: { rack: 'b4', zone: 'a' } });

  it('are its agent’s, and over them what an operator said', () => {
    expect(withTags(device, { rack: 'c1', owner: 'net' }).tags).toEqual({ rack: 'c1', zone: 'a', owner: 'net' });
  });

  it('lose what an operator took away, whatever the agent says', () => {
    expect(withTags(device, { rack: null, unknown: null }).tags).toEqual({ zone: 'a' });
  });

  it('leave the device the same object where nothing differs', () => {
    expect(withTags(device, undefined)).toBe(device);
    expect(withTags(device, { rack: 'b4', unknown: null })).toBe(device);
  });

  it('may have the names that objects have anyway', () => {
    expect(Object.hasOwn(withTags(device, { toString: 'x' }).tags, 'toString')).toBe(true);
    expect(withTags(device, JSON.parse('{"__proto__": "x"}') as Record<string, string>).tags).toEqual(
      JSON.parse('{"rack":"b4","zone":"a","__proto__":"x"}'),
    );
    expect(withTags(device, { constructor: null })).toBe(device);
  });
});

describe('what is said of a tag later', () => {
  it('goes before what was said earlier', () => {
    expect(mergeTags(mergeTags(undefined, { a: '1', b: '2' }), { a: null, c: '3' })).toEqual({ a: null, b: '2', c: '3' });
  });
});
