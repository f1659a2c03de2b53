import pg from 'pg';
import { migrate } from './migrate.js';
import { append } from './migrations/0002-append.js';
import { immutable } from './migrations/0003-immutable.js';
import { journalTables } from './migrations/0001-journal.js';

/** The role that services act as: it may add events, and may not change or delete one. */
export const SERVICE_ROLE = 'vfleet_service';

export interface PoolOptions {
  readonly url: string;
  /** Shown in pg_stat_activity. */
  readonly name: string;
  /** Connections at most. */
  readonly max?: number;
  /** Act as this role where the user is a member of it. */
  readonly role?: string;
}

const CONNECT_TIMEOUT_MS = 5_000;

/** Connections to PostgreSQL. A connection that breaks while idle is replaced, not an error of the process. */
export const openPool = ({ url, name, max = 4, role }: PoolOptions): pg.Pool => {
  const pool = new pg.Pool({ connectionString: url, application_name: name, max, connectionTimeoutMillis: CONNECT_TIMEOUT_MS, keepAlive: true });
  pool.on('error', () => undefined);
  pool.on('connect', (client) => {
    client.on('error', () => undefined);
    if (!role) return;
    client
      .query(`select set_config('role', rolname, false) from pg_roles where rolname = $1 and pg_has_role(rolname, 'member')`, [role])
      .catch(() => undefined);
  });
  return pool;
};

/** Creates or upgrades the journal's tables; call it with the owner's pool, before any service role is used. */
export const migrateJournal = (owner: pg.Pool): Promise<readonly string[]> => migrate(owner, 'journal', [journalTables, append, immutable]);
