import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { aDatabase, aFolder, type TestDatabase } from '@vfleet/testing';
import { Journal, Sealer, migrateJournal, openPool, parseSealKey, type SealKey } from '@vfleet/journal';
import { NO_PAINT } from '../render/paint.js';
import { run } from '../run.js';

let database: TestDatabase;
let pool: ReturnType<typeof openPool>;
const folder = join(aFolder('seal'), 'seal');
const [privateKey, publicKey, log] = ['seal.key', 'seal.pub', 'allocator.log'].map((name) => join(folder, name)) as [string, string, string];

const vfleet = async (...words: string[]) => {
  let [out, note] = ['', ''];
  const terminal = { out: (text: string) => void (out += text), note: (text: string) => void (note += text), paint: NO_PAINT };
  const environment = { VFLEET_PG_URL: database?.url, VFLEET_DATA_DIR: folder };
  const code = await run(words, { ...terminal, environment, stopped: new AbortController().signal });
  return { code, out, note };
};
const verify = (...words: string[]): ReturnType<typeof vfleet> => vfleet('journal', 'verify', '--public-key', publicKey, ...words);

const ID = '0199c2a0-0000-7000-8000-00000000000';

beforeAll(async () => {
  expect(await vfleet('security', 'seal-key', '--folder', folder)).toMatchObject({ code: 0, out: expect.stringContaining(privateKey) as never });
  database = await aDatabase();
  pool = openPool({ url: database.url, name: 'owner' });
  await migrateJournal(pool);
  const event = (version: number) => ({ id: `${ID}${version}`, stream: 'host-h1', version, type: 'Happened', data: { version }, meta: {} });
  await new Journal(pool).append({ events: [event(1), event(2), event(3)] });
  const key = parseSealKey(readFileSync(privateKey, 'utf8')) as SealKey;
  const lines: string[] = ['allocator-1  | starting'];
  const keep = (_: string, message: string, fields: object): void => void lines.push(`allocator-1  | ${JSON.stringify({ message, ...fields })}`);
  await new Sealer({ pool, key, milliseconds: 1_000, log: keep }).stop();
  writeFileSync(log, `${lines.join('\n')}\n`);
});

afterAll(async () => {
  await pool.end();
  await database.close();
});

describe('vfleet security seal-key', () => {
  it('makes a key that its owner alone may read, and overwrites none', async () => {
    expect([statSync(privateKey).mode & 0o777, statSync(publicKey).mode & 0o777]).toEqual([0o600, 0o644]);
    expect(readFileSync(publicKey, 'utf8')).not.toContain('PRIVATE');
    const before = readFileSync(privateKey, 'utf8');
    expect(await vfleet('security', 'seal-key', '--folder', folder)).toMatchObject({
      code: 4,
      note: expect.stringContaining('seal.key is there') as never,
    });
    expect(readFileSync(privateKey, 'utf8')).toBe(before);
  });
});

describe('vfleet journal verify', () => {
  it('says that a journal fits, and shows its head so that it can be kept', async () => {
    expect(await verify('--head', log)).toMatchObject({ code: 0, out: expect.stringMatching(/journal +fits\n/) as never });
    const { code, out } = await verify('-o', 'json');
    expect([code, JSON.parse(out)]).toEqual([
      0,
      expect.objectContaining({ from: 1, position: 3, unsealed: 0, head: expect.objectContaining({ position: 3 }) }),
    ]);
    writeFileSync(join(folder, 'kept.json'), out);
    expect((await verify('--head', join(folder, 'kept.json'), '--head', log, '--from', '2')).code).toBe(0);
  });

  it('names the event that was changed, and ends with 1', async () => {
    const change = (to: string): string =>
      `alter table journal.events disable trigger user; update journal.events set type = '${to}' where position = 2`;
    await pool.query(change('Other'));
    const { code, out, note } = await verify('-o', 'json');
    expect([code, JSON.parse(out)]).toEqual([
      1,
      expect.objectContaining({ finding: expect.objectContaining({ code: 'EVENT_CHANGED', from: 2, to: 2 }) }),
    ]);
    expect(note).toContain('event 2 is another one than was sealed (EVENT_CHANGED)');
    await pool.query(change('Happened'));
    expect((await verify()).code).toBe(0);
  });

  it('takes as a head only what the key has signed', async () => {
    const file = join(folder, 'forged.log');
    writeFileSync(file, readFileSync(log, 'utf8').replace('"position":3', '"position":9'));
    expect(await verify('--head', file)).toMatchObject({ code: 1, note: expect.stringContaining('HEAD_FORGED') as never });
  });

  it.each([
    ['a position that is none', ['--from', '0'], '--from'],
    ['a file that is not there', ['--head', '/nowhere/at/all'], '--head'],
    ['a file without a head', ['--head', publicKey], '--head'],
    ['a database that is none', ['--pg', 'mysql://me:canary@h/x'], '--pg'],
    ['a key that is none', ['--public-key', log], '--public-key'],
    ['the private key, which has no place here', ['--public-key', privateKey], '--public-key'],
  ])('refuses %s, and names the option', async (_, words, option) => {
    const { code, note } = await verify(...words);
    expect([code, note]).toEqual([64, expect.stringContaining(option)]);
    expect(note).not.toContain('canary');
  });

  it('refuses a head that lacks something', async () => {
    const file = join(folder, 'half.json');
    writeFileSync(file, '{"head": {"position": 3}}');
    expect(await verify('--head', file)).toMatchObject({ code: 64, note: expect.stringContaining('signature') as never });
  });

  it('needs to be told whose seals are trusted', async () => {
    expect(await vfleet('journal', 'verify')).toMatchObject({ code: 64, note: expect.stringContaining('--public-key') as never });
  });

  it('tells without the password of a database that does not answer, or is none of vfleet', async () => {
    const away = await verify('--pg', 'postgres://me:canary@127.0.0.1:1/x');
    expect([away.code, away.note]).toEqual([5, expect.not.stringContaining('canary')]);
    const other = await aDatabase();
    expect(await verify('--pg', other.url)).toMatchObject({ code: 1, note: expect.stringContaining('no database of vfleet') as never });
    await other.close();
  });
});
