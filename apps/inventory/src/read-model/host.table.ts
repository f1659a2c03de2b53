import type pg from 'pg';
import type { HostRow } from './host.js';

interface Stored {
  readonly host_id: string;
  readonly description: HostRow['description'];
  readonly state: HostRow['state'];
  readonly first_seen_at: Date;
  readonly last_seen_at: Date;
  readonly counts: HostRow['counts'];
}

/** Rows of `hosts`, many at a time. */
export const hostTable = (schema: string) => ({
  get: async (client: pg.ClientBase, hostIds: readonly string[]): Promise<readonly HostRow[]> => {
    const { rows } = await client.query<Stored>(
      `select host_id, description, state, first_seen_at, last_seen_at, counts from ${schema}.hosts where host_id = any($1)`,
      [hostIds],
    );
    return rows.map(({ host_id, description, state, first_seen_at, last_seen_at, counts }) => ({
      hostId: host_id,
      description,
      state,
      firstSeenAt: first_seen_at.toISOString(),
      lastSeenAt: last_seen_at.toISOString(),
      counts,
    }));
  },

  put: (client: pg.ClientBase, hosts: readonly HostRow[]): Promise<unknown> =>
    client.query({
      name: `${schema} put hosts`,
      text: `insert into ${schema}.hosts (host_id, description, state, first_seen_at, last_seen_at, counts)
        select "hostId", description, state, "firstSeenAt", "lastSeenAt", counts from json_to_recordset($1::json)
          as row("hostId" text, description jsonb, state text, "firstSeenAt" timestamptz, "lastSeenAt" timestamptz, counts jsonb)
        on conflict (host_id) do update set description = excluded.description, state = excluded.state, counts = excluded.counts,
          first_seen_at = excluded.first_seen_at, last_seen_at = excluded.last_seen_at`,
      values: [JSON.stringify(hosts)],
    }),
});
