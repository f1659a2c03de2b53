import { expect } from '@jest/globals';
import type pg from 'pg';

/** What the log itself says of who holds what, read by SQL alone: the last change of each device. */
const HELD = `
  with changes as (
    select position, type = 'DevicesReserved' as taken, data->>'vmId' as vm_id, device->>'deviceId' as device_id
    from journal.events, jsonb_array_elements(data->'devices') as device where type in ('DevicesReserved', 'DevicesReleased'))
  select distinct on (device_id) device_id, vm_id, taken from changes order by device_id, position desc`;
/** A device that was taken while the last thing said of it was that another had taken it. */
const TAKEN_TWICE = `
  select 1 from (
    select type, lag(type) over (partition by device->>'deviceId' order by position) as before
    from journal.events, jsonb_array_elements(data->'devices') as device where type in ('DevicesReserved', 'DevicesReleased')) as steps
  where type = before`;
const MISPLACED = 'select position from (select position, row_number() over (order by position) as n from journal.events) as e where position <> n';
const MISNUMBERED =
  'select version from (select version, row_number() over (partition by stream order by position) as n from journal.events) as e where version <> n';
/** Written by an owner after a later owner had written. */
const WRITTEN_BY_REPLACED = `
  select position from (
    select position, (meta->>'fence')::bigint as fence, max((meta->>'fence')::bigint) over (order by position) as newest from journal.events) as e
  where fence is null or fence < newest`;

export const count = async (database: pg.Pool, sql: string): Promise<number> =>
  Number((await database.query<{ n: string }>(`select count(*) as n from (${sql}) as found`)).rows[0]?.n);

/** Position of the newest event. */
export const head = async (database: pg.Pool): Promise<number> =>
  Number((await database.query<{ position: string }>('select position from journal.counter')).rows[0]?.position);

/** So many VMs hold one device each; nothing was given twice; claims are what the events come to; no number is left out, and no owner wrote after its successor. */
export const expectPromisesKept = async (database: pg.Pool, vms: number): Promise<void> => {
  const found = (sql: string): Promise<number> => count(database, sql);
  expect(await found(TAKEN_TWICE)).toBe(0);
  expect(await found(`select vm_id from (${HELD}) as last where taken group by vm_id`)).toBe(vms);
  expect(await found(`select device_id from (${HELD}) as last where taken`)).toBe(vms);
  expect(await found(`select device_id, vm_id from (${HELD}) as last where taken except select claimed, holder from journal.claims`)).toBe(0);
  expect(await found(`select claimed, holder from journal.claims except select device_id, vm_id from (${HELD}) as last where taken`)).toBe(0);
  expect(await found(MISPLACED)).toBe(0);
  expect(await found(MISNUMBERED)).toBe(0);
  expect(await found(WRITTEN_BY_REPLACED)).toBe(0);
  expect(await found('select 1 from journal.events')).toBe(await head(database));
};

/** Reservations as the log has them: each VM's id with that of its reservation, one for each time that it was given something. */
export const reservationsOf = async (database: pg.Pool): Promise<readonly string[]> => {
  const { rows } = await database.query<{ entry: string }>(
    `select (data->>'vmId') || ' ' || (data->>'reservationId') as entry from journal.events where type = 'DevicesReserved'`,
  );
  return rows.map(({ entry }) => entry);
};
