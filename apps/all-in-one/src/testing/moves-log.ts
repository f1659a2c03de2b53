import { expect } from '@jest/globals';
import type pg from 'pg';
import { count } from './log.js';

/** What the log says of who holds what, by the last change of each device. */
const HELD = `
  with changes as (
    select position, type <> 'DevicesReleased' as taken, data->>'vmId' as vm_id, device->>'deviceId' as device_id
    from journal.events, jsonb_array_elements(data->'devices') as device where type in ('DevicesReserved', 'DevicesReleased', 'ReservationAdopted'))
  select distinct on (device_id) device_id, vm_id, taken from changes order by device_id, position desc`;
/** Taken while the last thing said of it was that it was taken, by whomever. */
const TAKEN_TWICE = `
  select 1 from (
    select type, lag(type) over (partition by device->>'deviceId' order by position) as before
    from journal.events, jsonb_array_elements(data->'devices') as device where type in ('DevicesReserved', 'DevicesReleased')) as steps
  where type = 'DevicesReserved' and before = 'DevicesReserved'`;
/** The last end of each migration. */
const ENDS = `
  select distinct on (stream) stream, type from journal.events
  where type in ('MigrationCompleted', 'MigrationRolledBack', 'MigrationCancelled', 'MigrationRejected', 'MigrationFailed')
  order by stream, position desc`;
/** Orders that nobody has answered or given up. */
const OPEN_ORDERS = `
  select data->>'commandId' from journal.events where type in ('HostdevUnplugRequested', 'HostdevPlugRequested')
  except select data->>'commandId' from journal.events where type in ('HostdevUnplugged', 'HostdevPlugged', 'HostdevCommandFailed')`;

/** How migrations have ended, by the log. */
export const endsOf = async (database: pg.Pool): Promise<Readonly<Record<string, number>>> => {
  const { rows } = await database.query<{ type: string; n: string }>(`select type, count(*) as n from (${ENDS}) as ends group by type`);
  return Object.fromEntries(rows.map(({ type, n }) => [type, Number(n)]));
};

/** Each VM holds one device; nothing is held twice, or by nobody; claims are what the events come to; no move is left open. */
export const expectNothingLeaked = async (database: pg.Pool, vms: number): Promise<void> => {
  const found = (sql: string): Promise<number> => count(database, sql);
  expect(await found(TAKEN_TWICE)).toBe(0);
  expect(await found(`select device_id from (${HELD}) as last where taken`)).toBe(vms);
  expect(await found(`select vm_id from (${HELD}) as last where taken group by vm_id`)).toBe(vms);
  expect(await found(`select device_id, vm_id from (${HELD}) as last where taken except select claimed, holder from journal.claims`)).toBe(0);
  expect(await found(`select claimed, holder from journal.claims except select device_id, vm_id from (${HELD}) as last where taken`)).toBe(0);
  expect(await found(`select stream from journal.events where type = 'MigrationRequested' except select stream from (${ENDS}) as ends`)).toBe(0);
  expect(await found(`select stream from (${ENDS}) as ends where type = 'MigrationFailed'`)).toBe(0);
  expect(await found(OPEN_ORDERS)).toBe(0);
};
