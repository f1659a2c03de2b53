import { describe, expect, it } from '@jest/globals';
import { scanPage } from './where.js';

describe('a page of a long list in which little fits', () => {
  const read = (count: number, asked: number[] = []) => {
    const rows = (after: readonly [number] | undefined, limit: number): Promise<readonly number[]> => {
      asked.push(limit);
      const from = (after?.[0] ?? 0) + 1;
      return Promise.resolve(Array.from({ length: Math.max(0, Math.min(limit, count - from + 1)) }, (_, index) => from + index));
    };
    return rows;
  };
  const keyOf = (row: number): readonly [number] => [row];
  const placeOf = (cursor: string | null): unknown => cursor && JSON.parse(Buffer.from(cursor, 'base64url').toString());

  it('ends after ten thousand rows, and the next one goes on behind them', async () => {
    const asked: number[] = [];
    const first = await scanPage({ limit: 5 }, undefined, read(50_000, asked), keyOf, (row) => row % 9_000 === 0);
    expect([first.items, placeOf(first.nextCursor)]).toEqual([[9_000], [10_000]]);
    expect(asked.reduce((sum, rows) => sum + rows)).toBe(10_000);
    const next = await scanPage({ limit: 5 }, [10_000], read(50_000), keyOf, (row) => row % 9_000 === 0);
    expect(next.items).toEqual([18_000]);
  });

  it('says that there is no more exactly when there is none', async () => {
    const all = (): boolean => true;
    expect((await scanPage({ limit: 3 }, undefined, read(3), keyOf, all)).nextCursor).toBeNull();
    expect(placeOf((await scanPage({ limit: 3 }, undefined, read(4), keyOf, all)).nextCursor)).toEqual([3]);
    expect((await scanPage({ limit: 3 }, undefined, read(0), keyOf, all)).nextCursor).toBeNull();
    expect((await scanPage({ limit: 3 }, undefined, read(10_000), keyOf, () => false)).nextCursor).not.toBeNull();
    expect((await scanPage({ limit: 3 }, [10_000], read(10_000), keyOf, () => false)).nextCursor).toBeNull();
  });
});
