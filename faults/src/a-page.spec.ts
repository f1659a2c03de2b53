import { describe, expect, it } from '@jest/globals';
import { judgePage } from './a-page.js';

describe('what a page has seen', () => {
  it('is right when each event came once, in order', () => {
    expect(judgePage([1, 2, 3], 3)).toEqual({ lost: [], doubled: [], misplaced: [] });
  });

  it('lacks an event that never came, the newest as well', () => {
    expect(judgePage([1, 3], 4).lost).toEqual(['the page has not seen position 2', 'the page has not seen position 4']);
  });

  it('has an event twice that came before and after a connection broke', () => {
    const { doubled, misplaced } = judgePage([1, 2, 2, 3], 3);
    expect([doubled, misplaced]).toEqual([['the page has seen position 2 2 times'], []]);
  });

  it('has an event late that came behind its successor', () => {
    expect(judgePage([1, 3, 2], 3).misplaced).toEqual(['the page has seen position 2 late']);
  });
});
