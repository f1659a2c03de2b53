import type pg from 'pg';

/** An event stands in the history of a device; its data is read from the journal, by its position. */
export interface DeviceEventRow {
  readonly deviceId: string;
  readonly position: number;
}

export const deviceEventTable = (schema: string) => ({
  put: (client: pg.ClientBase, rows: readonly DeviceEventRow[]): Promise<unknown> =>
    client.query({
      name: `${schema} put device events`,
      text: `insert into ${schema}.device_events (device_id, position) select * from unnest($1::text[], $2::bigint[])`,
      values: [rows.map(({ deviceId }) => deviceId), rows.map(({ position }) => position)],
    }),
});
