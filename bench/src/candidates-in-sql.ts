import type { FleetMemory } from '@vfleet/allocator/fleet-memory';
import pg from 'pg';
import { openStage } from './stage.js';

/** What is asked: hosts that have so many free devices of a name, those with the fewest first. */
export interface SqlQuestion {
  readonly name: string;
  readonly least: number;
  readonly limit: number;
  readonly rounds: number;
}

/**
 * The inventory's table of devices, with what the question asks in columns of their own, and an index that holds nothing
 * but the answer: PostgreSQL reads no table and no document.
 */
const TABLE = `
  create table devices (
    device_id   text collate "C" primary key,
    host_id     text collate "C" not null,
    address     text not null,
    observation jsonb not null,
    state       text not null,
    name        text generated always as (observation ->> 'name') stored
  ) with (fillfactor = 80)`;
const INDEX = `create index devices_free on devices (name, host_id) where state = 'available'`;

export const STATEMENT = `
  select host_id, count(*) as free from devices
  where name = $1 and state = 'available'
  group by host_id having count(*) >= $2
  order by count(*), host_id limit $3`;

const ROWS = 5_000;

/** How long each round takes by the clock, on a table that holds the same fleet and is changed before each. */
export const searchInSql = async (
  memory: FleetMemory,
  { name, least, limit, rounds }: SqlQuestion,
): Promise<readonly { readonly wallMs: number; readonly processorMs: number }[]> => {
  const stage = await openStage();
  const client = new pg.Client({ connectionString: stage.pgUrl });
  await client.connect();
  await client.query(TABLE);
  await fill(client, memory);
  await client.query(INDEX);
  await client.query('vacuum analyze devices');
  const hostIds = [...memory.hostIds()];
  const samples: { readonly wallMs: number; readonly processorMs: number }[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const hostId = hostIds[(round * 7_919) % hostIds.length];
    await client.query(
      `update devices set state = case state when 'held' then 'available' else 'held' end
       where device_id = (select min(device_id) from devices where host_id = $1 and name = $2)`,
      [hostId, name],
    );
    const start = performance.now();
    const { rowCount } = await client.query({ name: 'search', text: STATEMENT, values: [name, least, limit] });
    samples.push({ wallMs: performance.now() - start, processorMs: 0 });
    if (rowCount !== limit) throw new Error(`${rowCount} hosts`);
  }
  await client.end();
  await stage.close();
  return samples;
};

const fill = async (client: pg.Client, memory: FleetMemory): Promise<void> => {
  let rows: unknown[][] = [];
  const flush = async (): Promise<void> => {
    const [ids, hosts, addresses, observations, states] = [0, 1, 2, 3, 4].map((column) => rows.map((row) => row[column]));
    await client.query(
      `insert into devices (device_id, host_id, address, observation, state)
       select * from unnest($1::text[], $2::text[], $3::text[], $4::jsonb[], $5::text[])`,
      [ids, hosts, addresses, observations, states],
    );
    rows = [];
  };
  for (const hostId of memory.hostIds()) {
    const host = memory.host(hostId);
    for (const device of host?.devices.values() ?? [])
      rows.push([device.deviceId, hostId, device.address, JSON.stringify(device), host?.holders.has(device.deviceId) ? 'held' : 'available']);
    if (rows.length >= ROWS) await flush();
  }
  if (rows.length > 0) await flush();
};
