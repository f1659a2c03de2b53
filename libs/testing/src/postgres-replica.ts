import { PostgresServer } from '@vfleet/embedded';
import { execFileSync } from 'node:child_process';
import { appendFileSync, cpSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { aFolder } from './run.js';
import { until } from './until.js';

/** A PostgreSQL server of a spec's own, and the folder that it was started with. */
export interface PostgresHost {
  readonly server: PostgresServer;
  readonly folder: string;
}

/** Enough for a replica that was cut off to find what it lacks. */
const SETTINGS = { wal_keep_size: '512MB' };
const STREAMS_MS = 60_000;
const NAME = 'replica';

export const aPrimary = async (): Promise<PostgresHost> => {
  const folder = aFolder('postgres');
  return { folder, server: await PostgresServer.start({ dataDir: folder, settings: SETTINGS }) };
};

/** Asks one server, with a connection of its own. */
export const askPostgres = async (url: string, text: string): Promise<readonly Record<string, unknown>[]> => {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
};

/**
 * A streaming replica that reaches its primary at the given port. It begins with a copy of the primary's files, made while the
 * primary is shut down for a moment: what PostgreSQL's manual calls a file system level backup, for which no program is needed.
 * Ready means that it streams.
 */
export const aReplica = async (primary: PostgresHost, port: number): Promise<PostgresHost> => {
  const folder = aFolder('postgres');
  await primary.server.stop();
  cpSync(join(primary.folder, 'password'), join(folder, 'password'));
  // Owners and modes are kept, for PostgreSQL refuses files of others.
  execFileSync('cp', ['-a', join(primary.folder, 'data'), join(folder, 'data')]);
  await primary.server.restart();
  rmSync(join(folder, 'data', 'postmaster.pid'), { force: true });
  const { username, password } = new URL(primary.server.url);
  appendFileSync(
    join(folder, 'data', 'postgresql.auto.conf'),
    `\nsynchronous_standby_names = ''\nprimary_conninfo = 'host=127.0.0.1 port=${port} user=${username} password=${password} application_name=${NAME}'\n`,
  );
  writeFileSync(join(folder, 'data', 'standby.signal'), '');
  const server = await PostgresServer.start({ dataDir: folder, settings: SETTINGS });
  await until(
    'the replica to stream',
    async () => (await askPostgres(primary.server.url, `select 1 from pg_stat_replication where state = 'streaming'`)).length > 0,
    STREAMS_MS,
  );
  return { folder, server };
};

/** From now on the primary acknowledges what its replica has on its disk, and nothing else. */
export const waitForReplica = async (primary: PostgresHost): Promise<void> => {
  await askPostgres(primary.server.url, `alter system set synchronous_standby_names = '${NAME}'`);
  await askPostgres(primary.server.url, 'select pg_reload_conf()');
  await until(
    'the replica to be synchronous',
    async () => (await askPostgres(primary.server.url, `select 1 from pg_stat_replication where sync_state = 'sync'`)).length > 0,
    STREAMS_MS,
  );
};

/** Resolves when a replica holds, and shows, all that its primary has now. */
export const replicaHasAll = async (primary: PostgresHost): Promise<void> =>
  void (await until(
    'the replica to have everything',
    async () => (await askPostgres(primary.server.url, 'select 1 from pg_stat_replication where replay_lsn >= pg_current_wal_lsn()')).length > 0,
    STREAMS_MS,
  ));

/** Makes a replica the primary; resolves when it takes writes. */
export const promote = async ({ server }: PostgresHost): Promise<void> => {
  const [answer] = await askPostgres(server.url, 'select pg_promote(true, 60) as promoted');
  if (answer?.['promoted'] !== true) throw new Error('the replica was not promoted within a minute');
};
