import { afterAll, describe, expect, it } from '@jest/globals';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import pg from 'pg';
import { aDatabase, aNatsServer, aPostgres, until } from './index.js';

const select = async (url: string, text: string): Promise<unknown[]> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query(text);
  await client.end();
  return rows;
};

describe('a database for specs', () => {
  it('is empty, and one spec does not see what another writes', async () => {
    const [one, other] = await Promise.all([aDatabase(), aDatabase()]);
    await select(one.url, 'CREATE TABLE mine (id int)');
    expect(await select(other.url, "SELECT 1 FROM pg_tables WHERE tablename = 'mine'")).toEqual([]);
    await Promise.all([one.close(), other.close()]);
  });

  it('is gone after close, even with a client connected', async () => {
    const database = await aDatabase();
    const client = new pg.Client({ connectionString: database.url });
    client.on('error', () => undefined);
    await client.connect();
    await database.close();
    const name = new URL(database.url).pathname.slice(1);
    expect(await select(await aPostgres(), `SELECT 1 FROM pg_database WHERE datname = '${name}'`)).toEqual([]);
  });

  it('writes to disk before it acknowledges', async () => {
    expect(await select(await aPostgres(), "SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS commit")).toEqual([
      { fsync: 'on', commit: 'on' },
    ]);
  });
});

describe('a NATS server for specs', () => {
  const opened: { close(): Promise<void> }[] = [];
  afterAll(() => Promise.all(opened.map((each) => each.close())));

  it('answers JetStream with nothing in it', async () => {
    const nats = await aNatsServer();
    opened.push(nats);
    const { host, username, password } = new URL(nats.url);
    const connection = await connect({ servers: host, ...(username && { user: username, pass: password }) });
    expect((await (await jetstreamManager(connection)).getAccountInfo()).streams).toBe(0);
    await connection.close();
  });
});

describe('until', () => {
  it('answers with the first thing that is there', async () => {
    let calls = 0;
    expect(await until('the third call', () => (calls += 1) >= 3 && calls)).toBe(3);
  });

  it('says what it waited for and why it was not there', async () => {
    const failing = until('a miracle', () => Promise.reject(new Error('not today')), 30);
    await expect(failing).rejects.toMatchObject({ message: 'a miracle: not within 0.03 s', cause: new Error('not today') });
  });
});
