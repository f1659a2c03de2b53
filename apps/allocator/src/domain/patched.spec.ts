import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { patched } from './patched.js';

const aKey = fc.integer({ min: 0, max: 120 });
const someChanges = fc.array(fc.array(fc.tuple(aKey, fc.option(fc.string(), { nil: undefined })), { maxLength: 4 }), { maxLength: 60 });

describe('a map that is patched', () => {
  it('reads like one that was changed, and leaves every earlier one as it was', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(aKey, fc.string()), { maxLength: 120 }), someChanges, (start, changes) => {
        const models: Map<number, string>[] = [new Map(start)];
        const maps: ReadonlyMap<number, string>[] = [new Map(start)];
        for (const entries of changes) {
          const model = new Map(models.at(-1));
          for (const [key, value] of entries)
            if (value === undefined) model.delete(key);
            else model.set(key, value);
          models.push(model);
          maps.push(patched(maps.at(-1) as ReadonlyMap<number, string>, entries));
        }
        const sorted = (entries: Iterable<readonly [number, string]>): unknown => [...entries].sort(([a], [b]) => a - b);
        maps.forEach((map, index) => {
          const model = models[index] as Map<number, string>;
          expect([map.size, sorted(map)]).toEqual([model.size, sorted(model)]);
          expect([...map.keys()].map((key) => [key, map.get(key), map.has(key)])).toEqual([...map].map(([key, value]) => [key, value, true]));
          expect([...map.values()]).toEqual([...map].map(([, value]) => value));
          for (const [key] of start) expect(map.has(key)).toBe(model.has(key));
        });
      }),
    );
  });

  it('tells each entry once to those who go through it', () => {
    const large = new Map(Array.from({ length: 100 }, (_, n) => [n, `${n}`]));
    const told: unknown[] = [];
    patched(large, [
      [3, 'three'],
      [4, undefined],
      [200, 'new'],
    ]).forEach((value, key) => told.push([key, value]));
    expect(told).toHaveLength(100);
    expect(told).toEqual(
      expect.arrayContaining([
        [3, 'three'],
        [200, 'new'],
        [5, '5'],
      ]),
    );
  });
});
