import pg from 'pg';
import { migrate } from './migrate.js';
import { append } from './migrations/0002-append.js';
import { appendPlans } from './migrations/0004-append-plans.js';
import { immutable } from './migrations/0003-immutable.js';
import { journalTables } from './migrations/0001-journal.js';
import { recordedAt } from './migrations/0005-recorded-at.js';
import { seals } from './migrations/0006-seals.js';

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
  // The types lag behind pg-pool, which awaits onConnect before it hands a new connection out.
  const options: pg.PoolConfig & { onConnect: (client: pg.ClientBase) => Promise<void> } = {
    connectionString: url,
    application_name: name,
    max,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    onConnect: async (client) => {
      client.on('error', () => undefined);
      if (role) await client.query(ACT_AS, [role]);
    },
  };
  const pool = new pg.Pool(options);
  pool.on('error', () => undefined);
  return pool;
};

/** Takes the role on where there is one and the user is a member of it. */
const ACT_AS = `select set_config('role', rolname, false) from pg_roles where rolname = $1 and pg_has_role(rolname, 'member')`;

/** Creates or upgrades the journal's tables; call it with the owner's pool, before any service role is used. */
export const migrateJournal = (owner: pg.Pool): Promise<readonly string[]> =>
  migrate(owner, 'journal', [journalTables, append, immutable, appendPlans, recordedAt, seals]);
