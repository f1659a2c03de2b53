import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { aDatabase, until, type TestDatabase } from '@vfleet/testing';
import type pg from 'pg';
import { uuidv7 } from 'uuidv7';
import {
  Journal,
  Sealer,
  migrateJournal,
  newSealKey,
  openPool,
  parseSealKey,
  parseSealReader,
  signHead,
  verifySeals,
  type Head,
  type SealKey,
  type SealReader,
  type Verification,
  type VerifyOptions,
} from './index.js';
import { chained, FIRST_HASH, sha256, signedText } from './seal.js';
import { nextStretch, readSeals, writeSeal } from './seals.js';

let database: TestDatabase;
/** Whoever owns the tables: an administrator. */
let owner: pg.Pool;
let key: SealKey;
let reader: SealReader;
let otherKey: SealKey;
/** The heads of the history that each spec begins with. */
const kept: Head[] = [];

const aKey = (): readonly [SealKey, SealReader] => {
  const { privatePem, publicPem } = newSealKey();
  return [parseSealKey(privatePem) as SealKey, parseSealReader(publicPem) as SealReader];
};

const TABLES_OPEN = 'alter table journal.events disable trigger user; alter table journal.seals disable trigger user;';
const TABLES_SHUT = 'alter table journal.events enable trigger user; alter table journal.seals enable trigger user;';

beforeAll(async () => {
  [key, reader] = aKey();
  [otherKey] = aKey();
  database = await aDatabase();
  owner = openPool({ url: database.url, name: 'owner' });
  await migrateJournal(owner);
  for (const events of [5, 4, 3]) {
    await decide(events);
    kept.push(...(await seal()).heads);
  }
  await owner.query('create schema kept; create table kept.events as table journal.events; create table kept.seals as table journal.seals');
});

afterAll(async () => {
  await owner.end();
  await database.close();
});

/** 12 events under three seals: 1 to 5, 6 to 9, 10 to 12; or nothing. */
const restore = (positions = 12): Promise<unknown> =>
  owner.query(`
    ${TABLES_OPEN} truncate journal.events, journal.seals; update journal.counter set position = ${positions};
    insert into journal.events select * from kept.events where position <= ${positions};
    insert into journal.seals select * from kept.seals where position <= ${positions}; ${TABLES_SHUT}`);

beforeEach(() => restore());

/** Appends so many events of a stream of their own. */
const decide = async (events: number): Promise<void> => {
  const stream = `host-${uuidv7()}`;
  await new Journal(owner).append({
    events: Array.from({ length: events }, (_, index) => ({
      id: uuidv7(),
      stream,
      version: index + 1,
      type: 'Happened',
      data: { vmId: 'vm-1', note: 'two\nlines, "quoted", ünïcode', share: index / 3 },
      meta: { source: 'spec' },
    })),
  });
};

interface Told {
  readonly heads: Head[];
  readonly errors: string[];
  readonly warnings: string[];
}

const SOON_MS = 20;
/** Longer than a sealer pauses, and a busy machine lets it wait, while all is well. */
const A_WHILE_S = 2;

/** Seals all that there is, by a sealer of its own. */
const seal = async (by = key): Promise<Told> => {
  const { sealer, told } = aSealer(by);
  sealer.start();
  await until('all to be sealed', async () => sealer.position === (await new Journal(owner).head()));
  await sealer.stop();
  return told;
};

const aSealer = (by = key): { readonly sealer: Sealer; readonly told: Told } => {
  const told: Told = { heads: [], errors: [], warnings: [] };
  const log = (level: string, _: string, fields: object): void => {
    if ('head' in fields) told.heads.push(fields.head as Head);
    if (level === 'warn' && 'error' in fields) told.warnings.push(fields.error as string);
    if (level === 'error') told.errors.push((fields as { readonly error: string }).error);
  };
  return { sealer: new Sealer({ pool: owner, key: by, milliseconds: SOON_MS, log }), told };
};

const verify = (options: Partial<VerifyOptions> = {}): Promise<Verification> => verifySeals({ pool: owner, readers: [reader], ...options });

/** As an administrator can: the triggers go first. */
const asAdministrator = async (...statements: readonly string[]): Promise<void> => {
  await owner.query([TABLES_OPEN, ...statements.map((statement) => `${statement};`)].join('\n'));
};

describe('a journal that nobody has touched', () => {
  it('fits its seals, whatever its events hold, and heads that were kept', async () => {
    expect(kept.map(({ position }) => position)).toEqual([5, 9, 12]);
    expect(await verify({ kept })).toEqual({ from: 1, position: 12, unsealed: 0, head: kept[2], finding: undefined });
  });

  it('fits also where newer events wait for their seal', async () => {
    await decide(2);
    expect(await verify()).toMatchObject({ position: 14, unsealed: 2, head: { position: 12 }, finding: undefined });
  });

  it('is looked at from the seal before a position on', async () => {
    const looked: number[] = [];
    expect(await verify({ from: 7, onProgress: (count) => looked.push(count) })).toMatchObject({ from: 6, position: 12, finding: undefined });
    expect(looked).toEqual([4, 7]);
  });

  it('fits where its key was changed on the way, to whoever trusts both', async () => {
    const [newKey, newReader] = aKey();
    await decide(2);
    await seal(newKey);
    expect(await verify({ readers: [reader, newReader] })).toMatchObject({ position: 14, finding: undefined });
    expect((await verify()).finding).toMatchObject({ code: 'SEAL_FORGED', from: 13, to: 14, message: expect.stringContaining(newKey.id) as never });
  });

  it('is one that was never sealed, where nothing is', async () => {
    await restore(0);
    expect(await verify()).toEqual({ from: 1, position: 0, unsealed: 0, head: undefined, finding: undefined });
    await decide(3);
    expect((await verify()).finding).toMatchObject({ code: 'NOT_SEALED', from: 1, to: 3 });
  });

  it('is hashed as is written down', async () => {
    await restore(0);
    await decide(1);
    const [head] = (await seal()).heads;
    const { rows } = await owner.query<Record<'event_id' | 'stream' | 'at' | 'data' | 'meta', string>>(
      `select event_id, stream, to_char(recorded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at, data::text, meta::text from journal.events`,
    );
    const { event_id, stream, at, data, meta } = rows[0] as (typeof rows)[0];
    const digest = sha256(['1', `"${stream}"`, '1', event_id, '"Happened"', at, data, meta].join('\n'));
    expect(head?.hash).toBe(sha256(Buffer.concat([Buffer.alloc(32), digest])).toString('hex'));
  });
});

describe('a change of an event', () => {
  it.each([
    ['one byte of its data', `set data = replace(data::text, 'vm-1', 'vm-2')::jsonb`],
    ['a number written otherwise', `set data = replace(data::text, '0.3333333333333333', '0.33333333333333330')::jsonb`],
    ['its type', `set type = 'Happenee'`],
    ['its metadata', `set meta = '{"source": "spek"}'`],
    ['its time, by a microsecond', `set recorded_at = recorded_at + interval '1 microsecond'`],
    ['its stream', `set stream = 'host-other'`],
    ['its version', `set version = 1000`],
    ['its id', `set event_id = gen_random_uuid()`],
  ])('is found where it is: %s', async (_, change) => {
    await asAdministrator(`update journal.events ${change} where position = 7`);
    expect(await verify()).toMatchObject({ position: 5, finding: { code: 'EVENT_CHANGED', from: 7, to: 7 } });
  });

  it('of which the seals before it know nothing leaves these as they are', async () => {
    await asAdministrator(`update journal.events set type = 'Other' where position in (8, 11)`);
    expect(await verify()).toMatchObject({ position: 5, head: { position: 5 }, finding: { code: 'EVENT_CHANGED', from: 8 } });
    expect(await verify({ from: 10 })).toMatchObject({ from: 10, finding: { code: 'EVENT_CHANGED', from: 11 } });
  });

  it('is found for events that were deleted, in a seal or behind all', async () => {
    await decide(3);
    await asAdministrator('delete from journal.events where position in (6, 14)');
    expect((await verify()).finding).toMatchObject({ code: 'EVENT_GONE', from: 6, to: 6 });
    expect((await verify({ from: 10 })).finding).toMatchObject({ code: 'EVENT_GONE', from: 14, to: 14 });
  });

  it('is found for two that have changed places', async () => {
    await asAdministrator(
      'update journal.events set position = -7 where position = 7',
      'update journal.events set position = 7 where position = 8',
      'update journal.events set position = 8 where position = -7',
    );
    expect((await verify()).finding).toMatchObject({ code: 'EVENT_CHANGED', from: 7, to: 7 });
  });

  it('is found for one that is there twice', async () => {
    await asAdministrator(
      'alter table journal.events drop constraint events_pkey',
      `insert into journal.events select position, 'twice', version, gen_random_uuid(), type, data, meta, recorded_at from kept.events where position = 7`,
    );
    const { finding } = await verify();
    await asAdministrator('delete from journal.events', 'alter table journal.events add primary key (position)');
    expect(finding).toMatchObject({ code: 'EVENT_CHANGED', from: expect.any(Number) });
    expect([7, 8]).toContain(finding?.from);
  });
});

describe('a change of an event with its seals', () => {
  /** What somebody can do who owns the database and has a key of his own: history from position 6 on is another one, and is sealed anew. */
  const forge = async (sign: (position: number, hash: string, before: Head) => Head): Promise<void> => {
    const [first, ...seals] = await readSeals(owner, 0, 10);
    await asAdministrator(`update journal.events set type = 'Forged' where position = 7`, 'delete from journal.seals where position > 5');
    let hash: Buffer = Buffer.from(first?.head.hash as string, 'hex');
    for (const one of seals) {
      const stretch = await nextStretch(owner, one.follows, one.head.position - one.follows);
      const digests = stretch?.digests as Buffer;
      hash = chained(hash, digests);
      await writeSeal(owner, { head: sign(one.head.position, hash.toString('hex'), one.head), follows: one.follows, digests });
    }
  };

  it('is found by the signature, where the chain was made anew: the stretch between two heads is named', async () => {
    await forge((_, hash, before) => ({ ...before, hash }));
    expect((await verify()).finding).toMatchObject({ code: 'SEAL_FORGED', from: 6, to: 9 });
  });

  it('is found where the old hash stays beside new digests', async () => {
    await forge((_, __, before) => before);
    expect((await verify()).finding).toMatchObject({ code: 'SEAL_FORGED', from: 6, to: 9 });
  });

  it('is found where it was signed with another key, whatever name that takes', async () => {
    await forge((position, hash, { sealedAt }) => signHead(otherKey, { position, hash, sealedAt }));
    expect((await verify()).finding).toMatchObject({ code: 'SEAL_FORGED', from: 6, to: 9 });
    await owner.query('update journal.seals set key_id = $1', [key.id]);
    expect((await verify()).finding).toMatchObject({ code: 'SEAL_FORGED', from: 6, to: 9 });
  });

  it('is found where a seal was taken away', async () => {
    await asAdministrator('delete from journal.seals where position = 9');
    expect(await verify()).toMatchObject({ head: { position: 5 }, finding: { code: 'SEAL_GONE', from: 6, to: 9 } });
  });

  it('does not begin at a seal that is forged', async () => {
    await asAdministrator(`update journal.seals set signature = decode(repeat('00', 64), 'hex') where position = 5`);
    expect((await verify({ from: 7 })).finding).toMatchObject({ code: 'SEAL_FORGED', to: 5 });
  });
});

describe('an end that was cut off, seals and all', () => {
  const cutAt = (position: number): Promise<void> =>
    asAdministrator(
      `delete from journal.events where position > ${position}`,
      `delete from journal.seals where position > ${position}`,
      `update journal.counter set position = ${position}`,
    );

  it('is found by a head that was kept outside, and by nothing else', async () => {
    await cutAt(9);
    expect(await verify()).toMatchObject({ position: 9, finding: undefined });
    expect((await verify({ kept })).finding).toMatchObject({ code: 'JOURNAL_CUT', from: 10, to: 12 });
  });

  it('is found after it has grown again, and was sealed with the true key', async () => {
    await cutAt(9);
    await decide(6);
    await seal();
    expect(await verify()).toMatchObject({ position: 15, finding: undefined });
    expect((await verify({ kept })).finding).toMatchObject({ code: 'HEAD_CONTRADICTED', from: 10, to: 12 });
  });

  it('is found where only the seals were cut off, and the events were changed', async () => {
    await asAdministrator('delete from journal.seals where position > 9', `update journal.events set type = 'Other' where position = 11`);
    expect((await verify({ kept })).finding).toMatchObject({ code: 'HEAD_CONTRADICTED', from: 10, to: 12 });
  });

  it('is none where only the last seals were lost: the events are those that were signed', async () => {
    await asAdministrator('delete from journal.seals where position > 9');
    expect(await verify({ kept })).toMatchObject({ unsealed: 3, finding: undefined });
    await decide(2);
    await seal();
    expect(await verify({ kept })).toMatchObject({ position: 14, unsealed: 0, finding: undefined });
  });

  it('is found where the counter alone was set back', async () => {
    await asAdministrator('update journal.counter set position = 10');
    expect((await verify()).finding).toMatchObject({ code: 'JOURNAL_CUT', from: 11, to: 12 });
  });

  it('is not told by a head that somebody else has signed', async () => {
    const [, , head] = kept;
    const forged = signHead(otherKey, { position: 99, hash: head?.hash as string, sealedAt: head?.sealedAt as string });
    expect((await verify({ kept: [forged] })).finding).toMatchObject({ code: 'HEAD_FORGED', to: 99 });
    expect((await verify({ kept: [{ ...(head as Head), position: 99 }] })).finding).toMatchObject({ code: 'HEAD_FORGED' });
  });
});

describe('a sealer', () => {
  it('begins at the first event of a journal that was never sealed, in stretches of a thousand at most', async () => {
    await restore(0);
    for (let batch = 0; batch < 5; batch += 1) await decide(500);
    await seal();
    expect((await readSeals(owner, 0, 10)).map(({ follows, head }) => [follows, head.position])).toEqual([
      [0, 1_000],
      [1_000, 2_000],
      [2_000, 2_500],
    ]);
    expect(await verify()).toMatchObject({ position: 2_500, unsealed: 0, finding: undefined });
  });

  it('follows what is decided, and seals what waits when it ends', async () => {
    await restore(0);
    const { sealer, told } = aSealer();
    sealer.start();
    await decide(3);
    await until('the head to be told', () => told.heads.at(-1)?.position === 3);
    const ending = sealer.stop();
    await ending;
    await decide(2);
    const next = aSealer();
    await next.sealer.stop();
    expect(next.told.heads.map(({ position }) => position)).toEqual([5]);
    expect(await verify()).toMatchObject({ position: 5, unsealed: 0, finding: undefined });
  });

  it('makes one chain with another one that seals at the same time', async () => {
    await restore(0);
    const both = [aSealer(), aSealer()];
    for (const { sealer } of both) sealer.start();
    for (let batch = 0; batch < 10; batch += 1) await decide(7);
    await until('all to be sealed', async () => (await verify()).head?.position === 70);
    await Promise.all(both.map(({ sealer }) => sealer.stop()));
    expect(both.flatMap(({ told }) => told.errors)).toEqual([]);
    expect(await verify({ kept: both.flatMap(({ told }) => told.heads) })).toMatchObject({ position: 70, unsealed: 0, finding: undefined });
  });

  it('signs nothing any more once seals of its own are gone', async () => {
    await restore(0);
    const { sealer, told } = aSealer();
    await decide(3);
    sealer.start();
    await until('the seal', () => sealer.position === 3);
    await asAdministrator('delete from journal.seals', `update journal.events set type = 'Other' where position = 2`);
    await decide(1);
    await until('it to be told', () => told.errors[0]?.includes('the seal of position 3 is gone'));
    await sealer.stop();
    expect(await readSeals(owner, 0, 10)).toEqual([]);
  });

  it('says for how long it is overdue, and that it is not once it can seal again', async () => {
    await restore(0);
    const { sealer } = aSealer();
    expect(sealer.overdueSeconds).toBe(0);
    await decide(3);
    sealer.start();
    await until('the seal', () => sealer.position === 3);
    expect(sealer.overdueSeconds).toBeLessThan(A_WHILE_S);
    const administrator = await owner.connect();
    await administrator.query('begin');
    await administrator.query('lock table journal.seals');
    await decide(1);
    await until('it to be overdue', () => sealer.overdueSeconds > A_WHILE_S);
    expect(sealer.position).toBe(3);
    await administrator.query('rollback');
    administrator.release();
    await until('it not to be overdue', () => sealer.overdueSeconds < A_WHILE_S);
    expect(sealer.position).toBe(4);
    await sealer.stop();
  });

  it('is not overdue where nothing waits, however long that lasts', async () => {
    await restore(0);
    const { sealer } = aSealer();
    await decide(3);
    sealer.start();
    await until('the seal', () => sealer.position === 3);
    const begun = performance.now();
    await until('it to be longer than an event may wait', () => performance.now() - begun > 1_000 * (A_WHILE_S + 1));
    expect(sealer.overdueSeconds).toBeLessThan(A_WHILE_S);
    await sealer.stop();
  });

  it('is overdue from when seals of its own are gone', async () => {
    await restore(0);
    const { sealer } = aSealer();
    await decide(3);
    sealer.start();
    await until('the seal', () => sealer.position === 3);
    await asAdministrator('delete from journal.seals');
    await decide(1);
    await until('it to be overdue', () => sealer.overdueSeconds > A_WHILE_S);
    await sealer.stop();
  });

  it('signs nothing on top of a seal that only pretends to be of its key', async () => {
    await restore(0);
    await decide(3);
    await seal();
    await asAdministrator(`update journal.seals set hash = decode(repeat('00', 32), 'hex')`);
    const { sealer, told } = aSealer();
    await decide(1);
    sealer.start();
    await until('it to be told', () => told.errors[0]?.includes('forged'));
    await sealer.stop();
    expect((await readSeals(owner, 0, 10)).map(({ head }) => head.position)).toEqual([3]);
  });

  it('signs nothing over a hole', async () => {
    await restore(0);
    await decide(5);
    await asAdministrator('delete from journal.events where position = 3');
    const { sealer, told } = aSealer();
    await sealer.stop();
    expect(told.warnings).toEqual(['the journal lacks an event between 1 and 5']);
    expect(await readSeals(owner, 0, 10)).toEqual([]);
  });
});

describe('a seal', () => {
  it.each([`update journal.seals set key_id = ''`, 'delete from journal.seals', 'truncate journal.seals'])(
    'is neither changed nor deleted, by the owner either: %s',
    async (statement) => {
      await expect(owner.query(statement)).rejects.toMatchObject({ code: 'VF009' });
    },
  );

  it('is signed over its position, its chain, its time and its key', () => {
    const head = { position: 7, hash: FIRST_HASH.toString('hex'), sealedAt: '2026-11-22T10:00:00.000Z', keyId: 'k' };
    expect(signedText(head).toString()).toBe(`vfleet-journal-head/1\n7\n${'0'.repeat(64)}\n2026-11-22T10:00:00.000Z\nk\n`);
  });
});
