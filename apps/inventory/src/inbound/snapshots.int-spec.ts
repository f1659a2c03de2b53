import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openPool } from '@vfleet/journal';
import { aDatabase, type TestDatabase } from '@vfleet/testing';
import type pg from 'pg';
import { Snapshots, type Snapshot } from './snapshots.js';

let database: TestDatabase;
let pool: pg.Pool;
let snapshots: Snapshots;

beforeAll(async () => {
  database = await aDatabase();
  pool = openPool({ url: database.url, name: 'snapshots-spec', max: 2 });
  await pool.query('create table notes (text text)');
  snapshots = new Snapshots(pool);
});

afterAll(async () => {
  await pool?.end();
  await database?.close();
});

const note = async (text: string): Promise<void> => void (await pool.query('insert into notes values ($1)', [text]));
const notes = async ({ rows }: Snapshot): Promise<readonly string[]> =>
  (await rows<{ readonly text: string }>('select text from notes order by text', [])).map(({ text }) => text);

describe('what is read as of one moment', () => {
  it('holds all that was there when its waiting was over, and nothing that came while it read', async () => {
    const read = async (snapshot: Snapshot): Promise<readonly (readonly string[])[]> => {
      const first = await notes(snapshot);
      await note('while it read');
      return [first, await notes(snapshot)];
    };
    expect(await snapshots.read(read, () => note('before'))).toEqual([['before'], ['before']]);
  });

  it('fails as its waiting does, as often as one asks, and keeps no connection', async () => {
    const fail = (): Promise<void> => Promise.reject(new Error('the journal does not answer'));
    for (let n = 0; n < 5; n += 1) await expect(snapshots.read(notes, fail)).rejects.toThrow('the journal does not answer');
    expect(await snapshots.read(notes)).toContain('before');
  });

  it('fails as a statement does, as often as one asks, and keeps no connection', async () => {
    for (let n = 0; n < 5; n += 1) await expect(snapshots.read(({ rows }) => rows('select nonsense', []))).rejects.toThrow('nonsense');
    expect(await snapshots.read(notes)).toContain('before');
  });

  it('fails where its connection ends, and the next has another one', async () => {
    const end = async ({ rows }: Snapshot): Promise<unknown> => {
      const [self] = await rows<{ readonly pid: number }>('select pg_backend_pid() as pid', []);
      await pool.query('select pg_terminate_backend($1)', [self?.pid]);
      return rows('select 1', []);
    };
    await expect(snapshots.read(end)).rejects.toThrow();
    expect(await snapshots.read(notes)).toContain('before');
  });
});
