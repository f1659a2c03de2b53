import type pg from 'pg';
import { assignments, batch, type Column } from './batch.js';
import type { HostRow } from './host.js';

interface Stored {
  readonly host_id: string;
  readonly description: HostRow['description'];
  readonly state: HostRow['state'];
  readonly draining: boolean;
  readonly first_seen_at: Date;
  readonly last_seen_at: Date;
  readonly counts: HostRow['counts'];
}

const COLUMNS: readonly Column<HostRow>[] = [
  { name: 'host_id', type: 'text', of: ({ hostId }) => hostId },
  { name: 'description', type: 'jsonb', of: ({ description }) => description },
  { name: 'state', type: 'text', of: ({ state }) => state },
  { name: 'draining', type: 'boolean', of: ({ draining }) => draining },
  { name: 'first_seen_at', type: 'timestamptz', of: ({ firstSeenAt }) => firstSeenAt },
  { name: 'last_seen_at', type: 'timestamptz', of: ({ lastSeenAt }) => lastSeenAt },
  { name: 'counts', type: 'jsonb', of: ({ counts }) => counts },
];
const rows = batch(COLUMNS);

/** Rows of `hosts`, many at a time. */
export const hostTable = (schema: string) => ({
  get: async (client: pg.ClientBase, hostIds: readonly string[]): Promise<readonly HostRow[]> => {
    const found = await client.query<Stored>(`select ${rows.names} from ${schema}.hosts where host_id = any($1)`, [hostIds]);
    return found.rows.map(({ host_id, description, state, draining, first_seen_at, last_seen_at, counts }) => ({
      hostId: host_id,
      description,
      state,
      draining,
      firstSeenAt: first_seen_at.toISOString(),
      lastSeenAt: last_seen_at.toISOString(),
      counts,
    }));
  },

  put: (client: pg.ClientBase, hosts: readonly HostRow[]): Promise<unknown> =>
    client.query({
      name: `${schema} put hosts`,
      text: `insert into ${schema}.hosts (${rows.names}) select * from ${rows.source} row
        on conflict (host_id) do update set ${assignments(COLUMNS, 'host_id', 'excluded')}`,
      values: rows.values(hosts),
    }),
});
