import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { jetstream, jetstreamManager, type JsMsg } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { aDatabase, aNatsServer, until, type TestDatabase, type TestNats } from '@vfleet/testing';
import type pg from 'pg';
import { uuidv7 } from 'uuidv7';
import {
  Journal,
  Projector,
  Relay,
  jetStreamCopy,
  jetStreamEvents,
  migrateJournal,
  openPool,
  type LiveEvents,
  type Projection,
  type ProjectorOptions,
  type RecordedEvent,
} from './index.js';

const STREAM = 'SPEC_EVT';
const WAIT_MS = 60_000;

let database: TestDatabase;
let server: TestNats;
let nats: NatsConnection;
let pool: pg.Pool;
let journal: Journal;
const started: { stop: () => Promise<void> }[] = [];

beforeAll(async () => {
  [database, server] = await Promise.all([aDatabase(), aNatsServer()]);
  pool = openPool({ url: database.url, name: 'projector-spec', max: 10 });
  await migrateJournal(pool);
  const { host, username, password } = new URL(server.url);
  nats = await connect({ servers: host, ...(username && { user: decodeURIComponent(username), pass: decodeURIComponent(password) }) });
  await pool.query('create table seen (projection text, position bigint, by text)');
  journal = new Journal(pool);
});

afterEach(async () => {
  for (const one of started.splice(0)) await one.stop();
});

afterAll(async () => {
  await nats.close();
  await pool.end();
  await Promise.all([database.close(), server.close()]);
});

let version = 0;
const append = (count: number): Promise<unknown> =>
  journal.append({
    events: Array.from({ length: count }, () => ({ id: uuidv7(), stream: 'spec', version: (version += 1), type: 'Happened', data: {}, meta: {} })),
  });

/** Writes a row for each event that it is given. */
const record = (name: string, by = 'one', more: Partial<Projection> = {}): Projection => ({
  name,
  apply: async (client, events) => {
    await client.query('insert into seen select $1, unnest($2::bigint[]), $3', [name, events.map(({ position }) => position), by]);
  },
  ...more,
});

const project = async (projection: Projection, more: Partial<ProjectorOptions> = {}): Promise<Projector> => {
  const projector = new Projector({ pool, projection, log: () => undefined, ...more });
  started.push(projector);
  await projector.start();
  return projector;
};

const positions = async (name: string): Promise<readonly number[]> => {
  const { rows } = await pool.query<{ position: string }>('select position from seen where projection = $1 order by position', [name]);
  return rows.map(({ position }) => Number(position));
};

const upTo = (head: number): readonly number[] => Array.from({ length: head }, (_, index) => index + 1);

const decode = (message: JsMsg): RecordedEvent => message.json<RecordedEvent>();
const relay = (): Relay => {
  const encode = (event: RecordedEvent) => ({ subject: 'spec.evt', payload: JSON.stringify(event), contentType: 'application/json' });
  const running = new Relay({ pool, copy: jetStreamCopy({ nats, stream: STREAM, subjects: ['spec.evt'] }), encode, log: () => undefined });
  started.push(running);
  running.start();
  return running;
};

describe('a projector', () => {
  it('sees, without a new event, that the database has taken back what it had not kept for good', async () => {
    await append(5);
    const projector = await project(record('taken-back'), { live: jetStreamEvents({ nats, stream: 'AWAY', decode }) });
    await projector.caughtUpTo(5, 20_000);
    // As a crash of PostgreSQL leaves them: rows and checkpoint of the last transaction are gone together.
    await pool.query(`with taken as (delete from seen where projection = 'taken-back' and position = 5)
      update journal.checkpoints set position = 4 where name = 'taken-back'`);
    await until('the row', async () => (await positions('taken-back')).length === 5);
    expect(await positions('taken-back')).toEqual(upTo(5));
  });

  it('gives every event once, in order, however long the way is', async () => {
    await append(25);
    const projector = await project(record('long-way'), { maxBatch: 4 });
    expect(await projector.caughtUpTo(await journal.head(), WAIT_MS)).toBe(true);
    expect(await positions('long-way')).toEqual(upTo(await journal.head()));
  });

  it('goes on where it stopped', async () => {
    await (await project(record('stopped'))).caughtUpTo(await journal.head(), WAIT_MS);
    await started.pop()?.stop();
    await append(3);
    const again = await project(record('stopped'));
    expect(await again.caughtUpTo(await journal.head(), WAIT_MS)).toBe(true);
    expect(await positions('stopped')).toEqual(upTo(await journal.head()));
  });

  it('answers whether it has come as far as somebody wants', async () => {
    const projector = await project(record('asked'));
    expect(await projector.caughtUpTo((await journal.head()) + 1, 50)).toBe(false);
    const ahead = projector.caughtUpTo((await journal.head()) + 1, WAIT_MS);
    await append(1);
    expect(await ahead).toBe(true);
  });

  it('fetches what somebody waits for, with no relay at work', async () => {
    const projector = await project(record('fetched'), { live: jetStreamEvents({ nats, stream: 'AWAY', decode }) });
    await projector.caughtUpTo(await journal.head(), WAIT_MS);
    for (let round = 0; round < 10; round += 1) {
      await append(1);
      expect(await projector.caughtUpTo(await journal.head(), WAIT_MS)).toBe(true);
    }
  });

  it('rolls rows back with the checkpoint when a batch fails, forgets what it kept, and tries again', async () => {
    let failures = 2;
    let resets = 0;
    const failing = record('failing', 'one', { reset: () => (resets += 1) });
    const projector = await project({
      ...failing,
      apply: async (client, events) => {
        await failing.apply(client, events);
        if ((failures -= 1) >= 0) throw new Error('crash between rows and checkpoint');
      },
    });
    expect(await projector.caughtUpTo(await journal.head(), WAIT_MS)).toBe(true);
    expect(await positions('failing')).toEqual(upTo(await journal.head()));
    expect(resets).toBeGreaterThanOrEqual(2);
  });

  it('goes on after its connection was cut in the middle of a batch', async () => {
    let cut = false;
    const slow = record('cut');
    const projector = await project({
      ...slow,
      apply: async (client, events) => {
        await slow.apply(client, events);
        if (cut) return;
        cut = true;
        const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
        await pool.query('select pg_terminate_backend($1)', [rows[0]?.pid]);
      },
    });
    expect(await projector.caughtUpTo(await journal.head(), WAIT_MS)).toBe(true);
    expect(await positions('cut')).toEqual(upTo(await journal.head()));
  });
});

describe('a projector that hears events live', () => {
  it('passes over what it has had and fills a hole from the journal', async () => {
    relay();
    const twice = (message: JsMsg): RecordedEvent => {
      const event = decode(message);
      // Every third event is told as the one before, so that it comes twice and its own place stays empty.
      return event.position % 3 === 0 ? { ...event, position: event.position - 1 } : event;
    };
    const projector = await project(record('live'), { live: jetStreamEvents({ nats, stream: STREAM, decode: twice }) });
    for (let batch = 0; batch < 5; batch += 1) await append(7);
    const head = await journal.head();
    await until('everything to be projected', () => projector.position >= head);
    expect(await positions('live')).toEqual(upTo(head));
  });

  it('goes on when the stream is deleted and comes back', async () => {
    const running = relay();
    const projector = await project(record('stream-lost'), { live: jetStreamEvents({ nats, stream: STREAM, decode }) });
    await append(2);
    await until('the stream to be complete', async () => running.position === (await journal.head()));
    await (await jetstreamManager(nats)).streams.delete(STREAM);
    await append(5);
    const head = await journal.head();
    await until('everything to be projected', () => projector.position >= head);
    expect(await positions('stream-lost')).toEqual(upTo(head));
  });
});

describe('a projector whose stream knows more than the journal', () => {
  const GHOSTS = 'SPEC_GHOSTS';

  /** Tells of events after the journal's end that the journal has forgotten: each with an id that nobody has given. */
  const tell = async (count: number): Promise<void> => {
    const from = (await journal.head()) + 1;
    const events = Array.from({ length: count }, (_, n) => ({ position: from + n, stream: 'spec', version: version + 1 + n, id: uuidv7() }));
    const told = { type: 'Happened', data: {}, meta: {}, recordedAt: new Date().toISOString() };
    for (const event of events) await jetstream(nats).publish('spec.ghosts', JSON.stringify({ ...event, ...told }));
  };

  it('projects what the journal says has happened, and nothing else', async () => {
    const manager = await jetstreamManager(nats);
    await append(3);
    await manager.streams.add({ name: GHOSTS, subjects: ['spec.ghosts'] });
    const head = await journal.head();
    const fromGhosts: LiveEvents = async () => jetStreamEvents({ nats, stream: GHOSTS, decode })(1);
    const warned: string[] = [];
    const ids: Projection = {
      name: 'ghosts',
      apply: async (client, events) => {
        await client.query('insert into seen select $1, unnest($2::bigint[]), unnest($3::text[])', [
          'ghosts',
          events.map(({ position }) => position),
          events.map(({ id }) => id),
        ]);
      },
    };
    const projector = await project(ids, { live: fromGhosts, log: (_, message) => warned.push(message) });
    expect(await projector.caughtUpTo(head, WAIT_MS)).toBe(true);
    await tell(5);
    await until('the ghosts to be noticed', () => warned.includes('the stream tells of an event that the journal does not hold'));
    expect(projector.position).toBe(head);
    await append(8);
    expect(await projector.caughtUpTo(head + 8, WAIT_MS)).toBe(true);
    const { rows } = await pool.query(`select position, by as id from seen where projection = 'ghosts' order by position`);
    expect(rows).toEqual((await pool.query('select position, event_id::text as id from journal.events order by position')).rows);
  });
});

describe('two projectors of one projection', () => {
  it('of two versions leave the rows to the newer one, and the older one knows how far they are', async () => {
    await append(4);
    let newer = false;
    const older = await project(record('upgraded', 'older', { isTakenOver: () => Promise.resolve(newer) }));
    const before = await journal.head();
    await older.caughtUpTo(before, WAIT_MS);
    newer = true;
    await append(6);
    expect(await older.caughtUpTo(before + 1, 300)).toBe(false);
    const successor = await project(record('upgraded', 'newer'));
    await append(6);
    const head = await journal.head();
    expect(await Promise.all([older, successor].map((projector) => projector.caughtUpTo(head, WAIT_MS)))).toEqual([true, true]);
    expect(await positions('upgraded')).toEqual(upTo(head));
    const { rows } = await pool.query(`select by, max(position) as last from seen where projection = 'upgraded' group by by order by last`);
    expect(rows).toEqual([
      { by: 'older', last: String(before) },
      { by: 'newer', last: String(head) },
    ]);
  });

  it('apply every event once between them, and forget what they kept whenever the other has written', async () => {
    const kept: Record<string, number> = {};
    const counting = (by: string): Projection => {
      const inner = record('shared', by);
      const reset = (): void => {
        delete kept[by];
      };
      const apply: Projection['apply'] = async (client, events) => {
        const { rows } = await client.query<{ count: string }>('select count(*) as count from seen where projection = $1', ['shared']);
        kept[by] ??= Number(rows[0]?.count);
        // What is in memory is what the rows say, or somebody's work was missed.
        if (kept[by] !== Number(rows[0]?.count)) throw new Error('memory and rows differ');
        await inner.apply(client, events);
        kept[by] += events.length;
      };
      return { ...inner, apply, reset };
    };
    const faults: string[] = [];
    const log: ProjectorOptions['log'] = (_, message, fields) => faults.push(`${message} ${JSON.stringify(fields)}`);
    const pair = [await project(counting('one'), { maxBatch: 3, log }), await project(counting('two'), { maxBatch: 5, log })];
    for (let batch = 0; batch < 30; batch += 1) {
      await append(4);
      if (batch % 3 === 0) await Promise.race(pair.map((projector) => projector.caughtUpTo(1, WAIT_MS)));
    }
    const head = await journal.head();
    expect(await Promise.all(pair.map((projector) => projector.caughtUpTo(head, WAIT_MS)))).toEqual([true, true]);
    expect(await positions('shared')).toEqual(upTo(head));
    expect(faults).toEqual([]);
  });

  it('go on alone when the other is gone', async () => {
    const [first, second] = [await project(record('alone')), await project(record('alone'))];
    await first.stop();
    await append(2);
    expect(await second.caughtUpTo(await journal.head(), WAIT_MS)).toBe(true);
    expect(await positions('alone')).toEqual(upTo(await journal.head()));
  });
});
