import { describe, expect, it } from '@jest/globals';
import { pageByName } from './name-page.js';

const page = (names: readonly string[], limit: number, cursor?: string | null) =>
  pageByName(names, (name) => name, { limit, ...(cursor !== undefined && { cursor }) });

describe('a page by name', () => {
  it('goes on where the page before it ended, until there is no more', () => {
    const names = ['b', 'a', 'd', 'c', 'B'];
    expect(page(names, 2)).toEqual({ items: ['B', 'a'], nextCursor: 'a' });
    expect(page(names, 2, 'a')).toEqual({ items: ['b', 'c'], nextCursor: 'c' });
    expect(page(names, 2, 'c')).toEqual({ items: ['d'], nextCursor: null });
  });

  it('is the first one again behind the last, whose cursor is null', () => {
    expect(page(['b', 'a'], 1, null)).toEqual(page(['b', 'a'], 1));
  });

  it('is the last one when it holds just what is left, or nothing', () => {
    expect(page(['a', 'b'], 2)).toEqual({ items: ['a', 'b'], nextCursor: null });
    expect(page(['a'], 2, 'a')).toEqual({ items: [], nextCursor: null });
  });

  it('goes on behind a name that was taken away meanwhile', () => {
    expect(page(['a', 'd'], 2, 'b')).toEqual({ items: ['d'], nextCursor: null });
  });
});
