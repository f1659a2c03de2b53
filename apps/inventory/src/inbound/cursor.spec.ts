import { describe, expect, it } from '@jest/globals';
import { readCursor, toCursor, toPage } from './cursor.js';

describe('a cursor', () => {
  it('comes back as the key it was made of', () => {
    expect(readCursor(toCursor(['h1', '0000', 'ä']), ['', '', ''])).toEqual(['h1', '0000', 'ä']);
    expect(readCursor(toCursor([7]), [0])).toEqual([7]);
    expect(readCursor(undefined, [0])).toBeUndefined();
  });

  it('of null is the beginning: so says the page before it, and so do programs that have none yet', () => {
    expect(readCursor(null, [0])).toBeUndefined();
  });

  it.each([
    ['rubbish', '%%%'],
    ['no list', Buffer.from('{"a":1}').toString('base64url')],
    ['too short', toCursor(['h1'])],
    ['a text where a number belongs', toCursor(['7', 'x'])],
    ['what PostgreSQL cannot take', toCursor([1, 'a\u0000b'])],
    ['a fraction', toCursor([1.5, 'x'])],
  ])('is refused when it is %s', (_, cursor) => {
    expect(() => readCursor(cursor, [0, ''])).toThrow(/^cursor /);
  });
});

describe('a page', () => {
  const rows = [1, 2, 3, 4, 5];
  const read = (limit: number): Promise<number[]> => Promise.resolve(rows.slice(0, limit));

  it('says where the next one begins, and at the end that there is none', async () => {
    expect(await toPage({ limit: 2 }, read, (row) => [row])).toEqual({ items: [1, 2], nextCursor: toCursor([2]) });
    expect(await toPage({ limit: 5 }, read, (row) => [row])).toEqual({ items: rows, nextCursor: null });
    expect(
      await toPage(
        {},
        () => Promise.resolve([]),
        () => [0],
      ),
    ).toEqual({ items: [], nextCursor: null });
  });
});
