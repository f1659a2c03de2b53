import { describe, expect, it } from '@jest/globals';
import { scanPage, type Found } from './scan-page.js';

describe('a page of a long list in which little fits', () => {
  const read = (count: number, asked: number[] = []) => {
    const rows = (after: readonly [number] | undefined, limit: number): Promise<Found<number, readonly [number]>> => {
      asked.push(limit);
      const from = (after?.[0] ?? 0) + 1;
      return Promise.resolve({ rows: Array.from({ length: Math.max(0, Math.min(limit, count - from + 1)) }, (_, index) => from + index) });
    };
    return rows;
  };
  const keyOf = (row: number): readonly [number] => [row];
  const placeOf = (cursor: string | null): unknown => cursor && JSON.parse(Buffer.from(cursor, 'base64url').toString());

  it('ends after two thousand rows, and the next one goes on behind them', async () => {
    const asked: number[] = [];
    const first = await scanPage({ limit: 5 }, undefined, read(50_000, asked), keyOf, (row) => row % 1_800 === 0);
    expect([first.items, placeOf(first.nextCursor)]).toEqual([[1_800], [2_000]]);
    expect(asked.reduce((sum, rows) => sum + rows)).toBe(2_000);
    const next = await scanPage({ limit: 5 }, [2_000], read(50_000), keyOf, (row) => row % 1_800 === 0);
    expect(next.items).toEqual([3_600]);
  });

  it('says that there is no more exactly when there is none', async () => {
    const all = (): boolean => true;
    expect((await scanPage({ limit: 3 }, undefined, read(3), keyOf, all)).nextCursor).toBeNull();
    expect(placeOf((await scanPage({ limit: 3 }, undefined, read(4), keyOf, all)).nextCursor)).toEqual([3]);
    expect((await scanPage({ limit: 3 }, undefined, read(0), keyOf, all)).nextCursor).toBeNull();
    expect((await scanPage({ limit: 3 }, undefined, read(2_000), keyOf, () => false)).nextCursor).not.toBeNull();
    expect((await scanPage({ limit: 3 }, [2_000], read(2_000), keyOf, () => false)).nextCursor).toBeNull();
  });

  it('goes on where the search has looked at enough', async () => {
    const read = (): Promise<Found<number, readonly [number]>> => Promise.resolve({ rows: [1, 2], reached: [700] });
    const page = await scanPage({ limit: 5 }, undefined, read, keyOf, () => true);
    expect([page.items, placeOf(page.nextCursor)]).toEqual([[1, 2], [700]]);
  });
});
