import type pg from 'pg';
import { batch } from './batch.js';

/** An event is about a VM; its data is read from the journal, by its position. */
export interface VmEventRow {
  readonly vmId: string;
  readonly position: number;
}

const rows = batch<VmEventRow>([
  { name: 'vm_id', type: 'text', of: ({ vmId }) => vmId },
  { name: 'position', type: 'bigint', of: ({ position }) => position },
]);

export const vmEventTable = (schema: string) => ({
  put: (client: pg.ClientBase, entries: readonly VmEventRow[]): Promise<unknown> =>
    client.query({
      name: `${schema} put vm events`,
      text: `insert into ${schema}.vm_events (${rows.names}) select * from ${rows.source} row`,
      values: rows.values(entries),
    }),
});
