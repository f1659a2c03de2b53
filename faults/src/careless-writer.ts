import { randomUUID } from 'node:crypto';
import type pg from 'pg';

/** For controls: what a writer does that does not use the journal's one transaction, its versions and its ids. */
const TAKE = 'update journal.counter set position = position + $1 returning position - $1 as base';
const WRITE = `
insert into journal.events (position, stream, version, event_id, type, data, meta)
select $1, 'careless', (select coalesce(max(version), 0) + 1 from journal.events where stream = 'careless'), $2, 'DevicesReserved', $3, '{}'`;

/** Takes so many positions and answers the one before the first. */
export const takePositions = async (client: pg.ClientBase, count: number): Promise<number> =>
  Number((await client.query<{ base: string }>(TAKE, [count])).rows[0]?.base);

/** Writes at a position that the VM was given the device, as an event of a new id. */
export const writeReserved = async (client: pg.ClientBase, position: number, vmId: string, deviceId: string): Promise<void> => {
  await client.query(WRITE, [position, randomUUID(), JSON.stringify({ vmId, reservationId: `r-${vmId}`, devices: [{ deviceId }] })]);
};
