import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { askKeeperForPostgres } from './run.js';

/** A database of a spec's own. */
export interface TestDatabase {
  readonly url: string;
  /** Drops it, whoever is still connected. */
  close(): Promise<void>;
}

/**
 * The URL of the PostgreSQL server that all specs of this run share: `VFLEET_PG_URL` where that is set, a container
 * where an engine answers, else an embedded one. Its role may create databases.
 */
export const aPostgres = async (): Promise<string> => process.env['VFLEET_PG_URL'] ?? askKeeperForPostgres();

const execute = async (url: string, text: string): Promise<void> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
};

/** A fresh, empty database; one per spec file keeps the files from meeting. */
export const aDatabase = async (): Promise<TestDatabase> => {
  const server = await aPostgres();
  const name = `spec_${randomBytes(8).toString('hex')}`;
  await execute(server, `CREATE DATABASE ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.href, close: () => execute(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
};
