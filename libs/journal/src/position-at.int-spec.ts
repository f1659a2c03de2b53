import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { aDatabase, type TestDatabase } from '@vfleet/testing';
import type pg from 'pg';
import { uuidv7 } from 'uuidv7';
import { Journal, migrateJournal, openPool } from './index.js';

let database: TestDatabase;
let pool: pg.Pool;
let journal: Journal;

beforeAll(async () => {
  database = await aDatabase();
  pool = openPool({ url: database.url, name: 'position-at-spec' });
  await migrateJournal(pool);
  journal = new Journal(pool);
});

afterAll(async () => {
  await pool.end();
  await database.close();
});

let version = 0;
const append = (count: number): Promise<unknown> =>
  journal.append({
    events: Array.from({ length: count }, () => ({ id: uuidv7(), stream: 'spec', version: (version += 1), type: 'Happened', data: {}, meta: {} })),
  });

describe('the position at a time', () => {
  it('is 0 while nothing is recorded', async () => {
    expect(await journal.positionAt(new Date())).toBe(0);
  });

  it('is that of the newest event recorded by then, whichever way one looks for it', async () => {
    for (const count of [1, 40, 1, 7, 1, 1, 100, 3]) await append(count);
    const { rows } = await pool.query<{ recorded_at: Date }>('select recorded_at from journal.events order by position');
    const times = rows.flatMap(({ recorded_at }) => [recorded_at, new Date(recorded_at.getTime() - 1), new Date(recorded_at.getTime() + 1)]);
    for (const time of new Map(times.map((one) => [one.getTime(), one])).values()) {
      const { rows: newest } = await pool.query<{ position: string }>(
        `select coalesce(max(position), 0) as position from journal.events where date_trunc('milliseconds', recorded_at) <= $1`,
        [time],
      );
      expect([time, await journal.positionAt(time)]).toEqual([time, Number(newest[0]?.position)]);
    }
    expect(await journal.positionAt(new Date(0))).toBe(0);
    expect(await journal.positionAt(new Date('2999-01-01'))).toBe(await journal.head());
  });

  it('is at or behind every event whose time somebody was told', async () => {
    for (const { position, recordedAt } of await journal.read(0, 1_000))
      expect(await journal.positionAt(new Date(recordedAt))).toBeGreaterThanOrEqual(position);
  });

  it('does not read the whole log', async () => {
    await append(20_000);
    await pool.query('analyze journal.events');
    const client = await pool.connect();
    try {
      const rowsScanned = async (): Promise<number> => {
        const { rows } = await client.query<{ scanned: string }>(`select pg_stat_get_xact_tuples_returned('journal.events'::regclass) as scanned`);
        return Number(rows[0]?.scanned);
      };
      await client.query('begin');
      const before = await rowsScanned();
      expect(await new Journal(client as unknown as pg.Pool).positionAt(new Date())).toBe(await journal.head());
      expect(await rowsScanned()).toBe(before);
    } finally {
      await client.query('rollback');
      client.release();
    }
  });
});

describe('events at positions', () => {
  it('come in order, and none for a position that there is not', async () => {
    const events = await journal.readAt([5, 2, 9_999_999, 3]);
    expect(events.map(({ position }) => position)).toEqual([2, 3, 5]);
  });
});
