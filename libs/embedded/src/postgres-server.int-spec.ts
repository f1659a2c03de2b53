import { afterEach, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { aFolder } from '@vfleet/testing';
import pg from 'pg';
import { freePort } from './free-port.js';
import { isAlive } from './processes.js';
import { PostgresServer, type PostgresOptions } from './postgres-server.js';

const select = async (url: string, text: string): Promise<unknown[]> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query(text);
  await client.end();
  return rows;
};

/** A process that starts a server and is then killed, as a supervisor is by `kill -9`; answers with the server's pid. */
const leaveBehind = async (dataDir: string): Promise<number> => {
  const program = `
    import { PostgresServer } from '@vfleet/embedded';
    const { pid } = await PostgresServer.start({ dataDir: process.argv[1] });
    process.stdout.write(String(pid));
    setInterval(() => {}, 1e6);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program, dataDir], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [pid] = (await once(child.stdout, 'data')) as [Buffer];
  child.kill('SIGKILL');
  await once(child, 'exit');
  return Number(pid);
};

/** Making a cluster takes long, so the specs share one; each starts and stops its own server on it. */
const shared = aFolder('postgres');
const started: PostgresServer[] = [];
const start = async (options: PostgresOptions): Promise<PostgresServer> => {
  const server = await PostgresServer.start(options);
  started.push(server);
  return server;
};

afterEach(() => Promise.all(started.splice(0).map((server) => server.stop())));

describe('an embedded PostgreSQL', () => {
  it('starts in an empty folder that only its owner may enter, is durable and wants a password', async () => {
    const dataDir = join(aFolder('closed'), 'a/b');
    const { url } = await start({ dataDir, database: 'devices' });
    expect(
      await select(url, "SELECT current_database() AS db, current_setting('fsync') AS fsync, current_setting('listen_addresses') AS at"),
    ).toEqual([{ db: 'devices', fsync: 'on', at: '127.0.0.1' }]);
    const wrong = new URL(url);
    wrong.password = 'guess';
    await expect(select(wrong.href, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
    expect(statSync(join(dataDir, 'password')).mode & 0o777).toBe(0o600);
  });

  it('does not run as root', async () => {
    const { pid } = await start({ dataDir: shared });
    expect(statSync(`/proc/${pid}`).uid).not.toBe(0);
  });

  it('keeps what was committed when it is stopped and started again', async () => {
    const dataDir = shared;
    const first = await start({ dataDir });
    await select(first.url, 'CREATE TABLE kept AS SELECT 1 AS id');
    await first.stop();
    await first.ended;
    expect(isAlive(first.pid)).toBe(false);
    expect(await select((await start({ dataDir })).url, 'SELECT id FROM kept')).toEqual([{ id: 1 }]);
  });

  it('keeps what was committed when the whole server is killed, and comes back on its port', async () => {
    const server = await start({ dataDir: shared });
    const { url } = server;
    const client = new pg.Client({ connectionString: url });
    const cut = new Promise((resolve) => client.on('error', resolve));
    await client.connect();
    await client.query('CREATE TABLE survives AS SELECT 1 AS id');
    await client.query('BEGIN; INSERT INTO survives VALUES (2)');
    await server.kill();
    await Promise.all([server.ended, cut]);
    await server.restart();
    expect(server.url).toBe(url);
    expect(await select(url, 'SELECT id FROM survives')).toEqual([{ id: 1 }]);
  });

  it('takes over a server that a killed process left running', async () => {
    const dataDir = shared;
    const pid = await leaveBehind(dataDir);
    expect(isAlive(pid)).toBe(true);
    const server = await start({ dataDir });
    expect(server.pid).toBe(pid);
    await server.stop();
    await server.ended;
    expect(isAlive(pid)).toBe(false);
  });

  it('stops such a server when another port is asked for', async () => {
    const dataDir = shared;
    const pid = await leaveBehind(dataDir);
    const port = await freePort();
    expect((await start({ dataDir, port })).port).toBe(port);
    expect(isAlive(pid)).toBe(false);
  });

  it('is not misled by a pid file whose number is another program’s by now', async () => {
    const dataDir = shared;
    const first = await start({ dataDir });
    await first.kill();
    const file = join(dataDir, 'data/postmaster.pid');
    const bystander = spawn('sleep', ['60'], { stdio: 'ignore' });
    writeFileSync(file, readFileSync(file, 'utf8').replace(/^\d+/, String(bystander.pid)));
    await start({ dataDir });
    expect(bystander.exitCode ?? bystander.signalCode).toBeNull();
    bystander.kill();
  });

  it('makes its cluster again when the first attempt was cut off', async () => {
    const dataDir = aFolder('postgres');
    mkdirSync(join(dataDir, 'data.new/base'), { recursive: true });
    await start({ dataDir });
    expect(existsSync(join(dataDir, 'data.new'))).toBe(false);
  });

  it('says that its port is in use', async () => {
    const { port } = await start({ dataDir: shared });
    await expect(PostgresServer.start({ dataDir: aFolder('postgres'), port })).rejects.toMatchObject({ code: 'PORT_IN_USE' });
  });

  it('says that its data cannot be read by this version', async () => {
    const file = join(shared, 'data/PG_VERSION');
    await (await start({ dataDir: shared })).stop();
    const version = readFileSync(file, 'utf8');
    writeFileSync(file, '12\n');
    await expect(PostgresServer.start({ dataDir: shared })).rejects.toMatchObject({ code: 'WRONG_VERSION' });
    writeFileSync(file, version);
  });
});
