import type pg from 'pg';
import { batch } from './batch.js';

/** An event stands in the history of a device; its data is read from the journal, by its position. */
export interface DeviceEventRow {
  readonly deviceId: string;
  readonly position: number;
}

const rows = batch<DeviceEventRow>([
  { name: 'device_id', type: 'text', of: ({ deviceId }) => deviceId },
  { name: 'position', type: 'bigint', of: ({ position }) => position },
]);

export const deviceEventTable = (schema: string) => ({
  put: (client: pg.ClientBase, entries: readonly DeviceEventRow[]): Promise<unknown> =>
    client.query({
      name: `${schema} put device events`,
      text: `insert into ${schema}.device_events (${rows.names}) select * from ${rows.source} row`,
      values: rows.values(entries),
    }),
});
