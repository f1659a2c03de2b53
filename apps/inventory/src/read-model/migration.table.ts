import type pg from 'pg';
import { assignments, batch, type Column } from './batch.js';
import type { MigrationRow } from './migration.js';

/** Not `migrations`: that is where TypeORM writes down which of the schema's own migrations have run. */
export const MIGRATIONS_TABLE = 'vm_migrations';

interface Stored {
  readonly migration_id: string;
  readonly position: string;
  readonly vm_id: string;
  readonly state: MigrationRow['state'];
  readonly source_host_id: string | null;
  readonly target_host_id: string | null;
  readonly devices: MigrationRow['devices'];
  readonly steps: MigrationRow['steps'];
  readonly started_at: Date;
  readonly finished_at: Date | null;
  readonly code: string | null;
  readonly message: string | null;
  readonly interruption_ms: number | null;
}

const COLUMNS: readonly Column<MigrationRow>[] = [
  { name: 'migration_id', type: 'text', of: ({ migrationId }) => migrationId },
  { name: 'position', type: 'bigint', of: ({ position }) => position },
  { name: 'vm_id', type: 'text', of: ({ vmId }) => vmId },
  { name: 'state', type: 'text', of: ({ state }) => state },
  { name: 'source_host_id', type: 'text', of: ({ sourceHostId }) => sourceHostId },
  { name: 'target_host_id', type: 'text', of: ({ targetHostId }) => targetHostId },
  { name: 'devices', type: 'jsonb', of: ({ devices }) => devices },
  { name: 'steps', type: 'jsonb', of: ({ steps }) => steps },
  { name: 'started_at', type: 'timestamptz', of: ({ startedAt }) => startedAt },
  { name: 'finished_at', type: 'timestamptz', of: ({ finishedAt }) => finishedAt },
  { name: 'code', type: 'text', of: ({ code }) => code },
  { name: 'message', type: 'text', of: ({ message }) => message },
  { name: 'interruption_ms', type: 'double precision', of: ({ interruptionMs }) => interruptionMs },
];
const rows = batch(COLUMNS);

/** Rows of `vm_migrations`, many at a time. */
export const migrationTable = (schema: string) => ({
  get: async (client: pg.ClientBase, migrationIds: readonly string[]): Promise<readonly MigrationRow[]> => {
    const found = await client.query<Stored>({
      name: `${schema} get migrations`,
      text: `select ${rows.names} from ${schema}.${MIGRATIONS_TABLE} where migration_id = any($1)`,
      values: [migrationIds],
    });
    return found.rows.map(toRow);
  },

  put: (client: pg.ClientBase, migrations: readonly MigrationRow[]): Promise<unknown> =>
    client.query({
      name: `${schema} put migrations`,
      text: `insert into ${schema}.${MIGRATIONS_TABLE} (${rows.names}) select * from ${rows.source} row
        on conflict (migration_id) do update set ${assignments(COLUMNS, 'migration_id', 'excluded')}`,
      values: rows.values(migrations),
    }),
});

const toRow = (row: Stored): MigrationRow => ({
  migrationId: row.migration_id,
  position: Number(row.position),
  vmId: row.vm_id,
  state: row.state,
  sourceHostId: row.source_host_id,
  targetHostId: row.target_host_id,
  devices: row.devices,
  steps: row.steps,
  startedAt: row.started_at.toISOString(),
  finishedAt: row.finished_at?.toISOString() ?? null,
  code: row.code,
  message: row.message,
  interruptionMs: row.interruption_ms,
});
