import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { aCuttableWay, aDatabase, until, type TestDatabase } from '@vfleet/testing';
import type pg from 'pg';
import { uuidv7 } from 'uuidv7';
import {
  AlreadyReceived,
  Fenced,
  Journal,
  Lease,
  SERVICE_ROLE,
  SchemaTooNew,
  StreamConflict,
  migrate,
  migrateJournal,
  openPool,
  recordedBy,
  type NewEvent,
} from './index.js';

let database: TestDatabase;
let owner: pg.Pool;
let pool: pg.Pool;
let journal: Journal;

beforeAll(async () => {
  database = await aDatabase();
  owner = openPool({ url: database.url, name: 'owner' });
  await migrateJournal(owner);
  pool = openPool({ url: database.url, name: 'service', max: 10, role: SERVICE_ROLE });
  journal = new Journal(pool);
});

afterAll(async () => {
  await pool.end();
  await owner.end();
  await database.close();
});

let streams = 0;
const aStream = (): string => `host-${(streams += 1)}`;
const event = (stream: string, version: number): NewEvent => ({
  id: uuidv7(),
  stream,
  version,
  type: 'Happened',
  data: { version },
  meta: { source: 'spec' },
});

describe('an append', () => {
  it('is refused, and leaves nothing, where the journal has lost events that this one has appended', async () => {
    const shortened = await aDatabase();
    const pool = openPool({ url: shortened.url, name: 'shortened' });
    await migrateJournal(pool);
    const writer = new Journal(pool);
    await writer.append({ events: [event('host-a', 1), event('host-b', 1)] });
    await pool.query(`alter table journal.events disable trigger user`);
    await pool.query(`delete from journal.events where position = 2`);
    await pool.query(`update journal.counter set position = 1`);
    await expect(writer.append({ events: [event('host-c', 1)] })).rejects.toThrow(StreamConflict);
    expect(await writer.head()).toBe(1);
    expect(await writer.readStream('host-c')).toEqual([]);
    expect(await new Journal(pool).append({ events: [event('host-c', 1)] })).toMatchObject({ base: 1 });
    await pool.end();
    await shortened.close();
  });

  it('records events of many streams in one step, each at the next position', async () => {
    const [a, b] = [aStream(), aStream()];
    const head = await journal.head();
    expect(await journal.append({ events: [event(a, 1), event(b, 1), event(a, 2)] })).toMatchObject({ base: head });
    const recorded = await journal.read(head, 10);
    expect(recorded.map(({ position, stream, version }) => [position - head, stream, version])).toEqual([
      [1, a, 1],
      [2, b, 1],
      [3, a, 2],
    ]);
    expect((await journal.readStream(a)).map(({ data }) => data)).toEqual([{ version: 1 }, { version: 2 }]);
  });

  it('tells its events as they are read from the log', async () => {
    const a = aStream();
    const head = await journal.head();
    const events = [event(a, 1), event(a, 2), event(aStream(), 1)];
    expect(recordedBy(await journal.append({ events }), events)).toEqual(await journal.read(head, 10));
  });

  it('of an earlier version still writes by its own function', async () => {
    const head = await journal.head();
    const { rows } = await pool.query(`select journal.append(null, null, $1::json, 1, '[]', '{}', null, null, null) as base`, [
      JSON.stringify([event(aStream(), 1)]),
    ]);
    expect(rows).toEqual([{ base: String(head) }]);
    expect(await journal.read(head, 10)).toHaveLength(1);
  });

  it('that lost a race is refused whole', async () => {
    const [a, b] = [aStream(), aStream()];
    await journal.append({ events: [event(a, 1)] });
    const head = await journal.head();
    await expect(journal.append({ events: [event(b, 1), event(a, 1)] })).rejects.toThrow(StreamConflict);
    expect([await journal.head(), await journal.readStream(b)]).toEqual([head, []]);
  });

  it('that believes a stream to be longer than it is is refused', async () => {
    await expect(journal.append({ events: [event(aStream(), 2)] })).rejects.toThrow(StreamConflict);
  });

  it('counts a message once', async () => {
    const a = aStream();
    await journal.append({ events: [event(a, 1)], inbox: [`${a}-message`] });
    await expect(journal.append({ events: [event(a, 2)], inbox: [`${a}-message`] })).rejects.toThrow(AlreadyReceived);
    expect(await journal.received([`${a}-message`, 'never'])).toEqual(new Set([`${a}-message`]));
  });

  it('forgets messages that can no longer come again, and no others', async () => {
    await journal.append({ events: [], inbox: ['old-message', 'new-message'] });
    await owner.query(`update journal.inbox set received_at = now() - interval '9 days' where key = 'old-message'`);
    expect(await journal.forgetReceived(8)).toBe(1);
    expect(await journal.received(['old-message', 'new-message'])).toEqual(new Set(['new-message']));
  });

  it('refuses a second holder of what is claimed, whatever the writer believes', async () => {
    const a = aStream();
    const claim = (holder: string, change: 'claim' | 'release' = 'claim') => ({ change, claimed: `${a}-device`, holder });
    await journal.append({ events: [event(a, 1)], claims: [claim('vm-1')] });
    await expect(journal.append({ events: [event(a, 2)], claims: [claim('vm-2')] })).rejects.toThrow(StreamConflict);
    await expect(journal.append({ events: [event(a, 2)], claims: [claim('vm-2', 'release')] })).rejects.toThrow(StreamConflict);
    await journal.append({ events: [event(a, 2)], claims: [claim('vm-1', 'release'), claim('vm-2')] });
    const { rows } = await pool.query('select holder from journal.claims where claimed = $1', [`${a}-device`]);
    expect(rows).toEqual([{ holder: 'vm-2' }]);
  });

  it('looks up streams and claims by their keys, and reads no table through', async () => {
    const one = openPool({ url: database.url, name: 'one', max: 1 });
    const scans = async (): Promise<unknown> => {
      await one.query('select pg_stat_force_next_flush()');
      return (await one.query(`select relname, seq_scan from pg_stat_user_tables where relname in ('claims', 'events') order by 1`)).rows;
    };
    const own = new Journal(one);
    const a = aStream();
    const claims = Array.from({ length: 300 }, (_, n) => ({ change: 'claim' as const, claimed: `${a}-${n}`, holder: 'vm-1' }));
    const before = await scans();
    await own.append({ events: [event(a, 1)], claims });
    await own.append({ events: [event(a, 2)], claims: claims.map((claim) => ({ ...claim, change: 'release' })) });
    expect(await scans()).toEqual(before);
    await one.end();
  });

  it('keeps only the newest of a mark', async () => {
    await journal.append({
      events: [],
      marks: [
        { key: 'host:m', value: { n: 1 } },
        { key: 'host:m', value: { n: 2 } },
      ],
    });
    await journal.append({ events: [], marks: [{ key: 'host:m', value: { n: 3 } }] });
    expect(await journal.marks('host:m')).toEqual([{ key: 'host:m', value: { n: 3 } }]);
  });

  it('whose answer got lost is settled by what was recorded', async () => {
    const url = new URL(database.url);
    const way = await aCuttableWay(Number(url.port));
    url.port = String(way.port);
    const far = openPool({ url: url.href, name: 'far', max: 1 });
    const remote = new Journal(far);
    await remote.head();
    const a = aStream();
    const head = await journal.head();
    way.dropNextAnswer();
    expect(await remote.append({ events: [event(a, 1)] })).toEqual({ base: head });
    expect(await journal.readStream(a)).toHaveLength(1);
    await far.end();
    await way.close();
  });
});

describe('positions', () => {
  it('have no gap and become visible in order, with eight writers and a reader at their heels', async () => {
    const head = await journal.head();
    const seen: number[] = [];
    let writing = true;
    const reader = (async () => {
      for (let after = head; writing || after < (await journal.head());) {
        const events = await journal.read(after, 500);
        seen.push(...events.map(({ position }) => position));
        after = events.at(-1)?.position ?? after;
      }
    })();
    const writers = Array.from({ length: 8 }, async () => {
      const stream = aStream();
      for (let version = 1; version <= 100; version += 1) {
        const next = event(stream, version);
        const lostRace =
          version % 20 === 0 ? journal.append({ events: [event(stream, version), event(stream, 1)] }).catch(() => undefined) : undefined;
        await lostRace;
        await journal.append({ events: [next] });
      }
    });
    await Promise.all(writers);
    writing = false;
    await reader;
    expect(seen).toEqual(Array.from({ length: 800 }, (_, index) => head + index + 1));
  });
});

describe('events', () => {
  it.each(['update journal.events set type = $$Rewritten$$', 'delete from journal.events', 'truncate journal.events'])(
    'cannot be changed by the service: %s',
    async (statement) => {
      await expect(pool.query(statement)).rejects.toMatchObject({ code: '42501' });
    },
  );

  it.each(['update journal.events set type = $$Rewritten$$', 'delete from journal.events', 'truncate journal.events'])(
    'cannot be changed by their owner: %s',
    async (statement) => {
      await expect(owner.query(statement)).rejects.toMatchObject({ code: 'VF009' });
    },
  );
});

/** Holds what every append needs, as an append does while it commits. */
const holdCounter = async (): Promise<() => Promise<void>> => {
  const writer = await pool.connect();
  await writer.query('begin; select position from journal.counter for update');
  return async () => {
    await writer.query('rollback');
    writer.release();
  };
};
const standingInLine = async (): Promise<number> => {
  const waiting = `select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
  return (await owner.query<{ n: number }>(waiting)).rows[0]?.n ?? 0;
};

describe('the lease', () => {
  it('goes to one owner, and fences it off when another takes over', async () => {
    const first = new Lease({ pool, name: 'spec', owner: 'first', milliseconds: 60_000 });
    const second = new Lease({ pool, name: 'spec', owner: 'second' });
    const fence = await first.acquire();
    expect([fence?.fence, await second.acquire()]).toEqual([1, undefined]);
    const a = aStream();
    await journal.append({ events: [event(a, 1)] }, fence);
    await pool.query(`update journal.leases set expires_at = now() - interval '1 second' where name = 'spec'`);
    expect((await second.acquire())?.fence).toBe(2);
    await expect(journal.append({ events: [event(a, 2)] }, fence)).rejects.toThrow(Fenced);
    expect([await first.renew(), await second.renew()]).toEqual([false, true]);
    expect(await journal.readStream(a)).toHaveLength(1);
  });

  it('is certain only as long as nobody else can have taken it', async () => {
    const short = new Lease({ pool, name: 'spec-3', owner: 'first', milliseconds: 150 });
    expect(short.isCertain).toBe(false);
    await short.acquire();
    await until('doubt', () => !short.isCertain);
    expect([await short.renew(), short.isCertain]).toEqual([true, true]);
    await short.release();
    expect(short.isCertain).toBe(false);
  });

  it('is looked at without waiting for whoever appends', async () => {
    await new Lease({ pool, name: 'spec-4', owner: 'first', milliseconds: 60_000 }).acquire();
    const letGo = await holdCounter();
    const hurried = openPool({ url: `${database.url}?options=-c%20lock_timeout%3D1000`, name: 'hurried', max: 1 });
    try {
      expect(await new Lease({ pool: hurried, name: 'spec-4', owner: 'second' }).acquire()).toBeUndefined();
    } finally {
      await letGo();
      await hurried.end();
    }
  });

  it('goes to one of those who find it free at the same time', async () => {
    const letGo = await holdCounter();
    const attempts = ['one', 'other'].map((owner) => new Lease({ pool, name: 'spec-5', owner, milliseconds: 60_000 }).acquire());
    await until('both to stand in line', async () => (await standingInLine()) === 2).finally(() => void letGo());
    expect((await Promise.all(attempts)).filter((fence) => fence !== undefined)).toHaveLength(1);
  });

  it('that is given back is free at once', async () => {
    const first = new Lease({ pool, name: 'spec-2', owner: 'first', milliseconds: 60_000 });
    const second = new Lease({ pool, name: 'spec-2', owner: 'second' });
    await first.acquire();
    await first.release();
    expect((await second.acquire())?.fence).toBe(2);
  });
});

describe('migrations', () => {
  it('are applied once by however many start at the same time', async () => {
    const fresh = await aDatabase();
    const pools = Array.from({ length: 4 }, () => openPool({ url: fresh.url, name: 'starter', max: 1 }));
    const applied = await Promise.all(pools.map(migrateJournal));
    expect(applied.flat().sort()).toEqual(['0001-journal', '0002-append', '0003-immutable', '0004-append-plans', '0005-recorded-at', '0006-seals']);
    await Promise.all(pools.map((one) => one.end()));
    await fresh.close();
  });

  it('of a newer version make an older one refuse to start', async () => {
    await migrate(owner, 'spec', [
      { id: '0001-one', sql: 'select 1' },
      { id: '0002-newer', sql: 'select 2' },
    ]);
    await expect(migrate(owner, 'spec', [{ id: '0001-one', sql: 'select 1' }])).rejects.toThrow(SchemaTooNew);
  });

  it('that fail leave nothing behind', async () => {
    await expect(migrate(owner, 'spec2', [{ id: '0001-one', sql: 'create table spec2.half (n int); select nonsense' }])).rejects.toThrow('nonsense');
    expect(await migrate(owner, 'spec2', [{ id: '0001-one', sql: 'create table spec2.half (n int)' }])).toEqual(['0001-one']);
  });
});
