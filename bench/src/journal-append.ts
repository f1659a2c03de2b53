import { GroupCommit, Journal, SERVICE_ROLE, migrateJournal, openPool, type NewEvent } from '@vfleet/journal';
import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import type { Measurement } from './measurement.js';
import { openStage } from './stage.js';

const SECONDS = 4;
const ROUNDS = 3;
const STREAMS = 1_000;
/** About what a reservation weighs. */
const DATA = {
  vmId: 'vm-123456',
  hostId: 'host-1234',
  reservationId: randomUUID(),
  devices: [{ deviceId: 'a'.repeat(20), address: '0000:28:00.1', requestName: '10GE-0' }],
};
const META = { source: 'bench' };

/** A row of the bench: what is written, beside its stream and version. */
export interface Row {
  readonly data: object;
  readonly meta: object;
}

export const BARE = `create table bare (
  position bigserial primary key, stream text not null, version bigint not null, event_id uuid not null unique, type text not null,
  data jsonb not null, meta jsonb not null, recorded_at timestamptz not null default clock_timestamp(), unique (stream, version))`;

/** Journal append with 1, 64 and 256 callers, against the same rows by a bare grouped insert and by single-row commits. */
export const journalAppend = async (): Promise<readonly Measurement[]> => {
  const stage = await openStage();
  const owner = openPool({ url: stage.pgUrl, name: 'bench-owner', max: 1 });
  await migrateJournal(owner);
  await owner.query(BARE);
  const pool = openPool({ url: stage.pgUrl, name: 'bench', max: 1, role: SERVICE_ROLE });
  const ways = { journal: toJournal(new Journal(pool)), grouped: toBare(owner), single: singly(owner) };
  const results: Measurement[] = [];
  for (const callers of [1, 64, 256]) {
    // In turns, so that a noisy moment of the machine hits all three.
    const rates: Record<keyof typeof ways, number[]> = { journal: [], grouped: [], single: [] };
    for (let round = 0; round < ROUNDS; round += 1)
      for (const way of ['journal', 'grouped', 'single'] as const) rates[way].push(await rate(callers, ways[way]));
    const [journal, grouped, single] = (['journal', 'grouped', 'single'] as const).map((way) => median(rates[way])) as [number, number, number];
    const base = { section: 'journal append', what: `${callers} callers`, value: journal, unit: 'events/s' };
    results.push({ ...base, against: { what: 'bare grouped insert', value: grouped }, aim: { at: 'least', figure: 0.7 } });
    results.push({
      ...base,
      against: { what: 'single-row commits, one connection', value: single },
      ...(callers > 1 && { aim: { at: 'least', figure: 5 } as const }),
    });
  }
  await pool.end();
  await owner.end();
  await stage.close();
  return results;
};

export const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

export type Write = (stream: string) => Promise<unknown>;

/** Rows a second that so many callers write, each when its last one is there. */
export const rate = async (callers: number, write: Write, seconds = SECONDS): Promise<number> => {
  let written = 0;
  const start = performance.now();
  const end = start + seconds * 1_000;
  await Promise.all(
    Array.from({ length: callers }, async (_, caller) => {
      for (let n = caller; performance.now() < end; n += callers) {
        await write(`host-${n % STREAMS}`);
        written += 1;
      }
    }),
  );
  return written / ((performance.now() - start) / 1_000);
};

const counted = ({ data, meta }: Row = { data: DATA, meta: META }): ((stream: string) => NewEvent) => {
  const versions = new Map<string, number>();
  return (stream) => {
    const version = (versions.get(stream) ?? 0) + 1;
    versions.set(stream, version);
    return { id: randomUUID(), stream, version, type: 'DevicesReserved', data, meta };
  };
};

const toJournal = (journal: Journal): Write => {
  const next = counted();
  const line = new GroupCommit<string, void>({
    commit: async (streams) => {
      await journal.append({ events: streams.map(next) });
      return streams.map(() => ({ ok: true, value: undefined }));
    },
  });
  return (stream) => line.submit(stream);
};

const COLUMNS = 6;

const insert = async (pool: pg.Pool, events: readonly NewEvent[]): Promise<void> => {
  const rows = events.map((_, row) => `(${Array.from({ length: COLUMNS }, (__, column) => `$${row * COLUMNS + column + 1}`).join(',')})`);
  const values = events.flatMap(({ stream, version, id, type, data, meta }) => [
    stream,
    version,
    id,
    type,
    JSON.stringify(data),
    JSON.stringify(meta),
  ]);
  await pool.query(`insert into bare (stream, version, event_id, type, data, meta) values ${rows.join(',')}`, values);
};

/** The same table and indexes, and nothing that a journal needs beside: no order, no check, no fence. */
export const toBare = (pool: pg.Pool, row?: Row): Write => {
  const next = counted(row);
  const line = new GroupCommit<string, void>({
    commit: async (streams) => {
      await insert(
        pool,
        streams.map((stream) => next(`g-${stream}`)),
      );
      return streams.map(() => ({ ok: true, value: undefined }));
    },
  });
  return (stream) => line.submit(stream);
};

const singly = (pool: pg.Pool): Write => {
  const next = counted();
  let last: Promise<void> = Promise.resolve();
  return (stream) => (last = last.then(() => insert(pool, [next(`s-${stream}`)])));
};
