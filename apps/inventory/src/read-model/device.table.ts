import { addressSortKey } from '@vfleet/pci';
import type pg from 'pg';
import { assignments, batch, type Column } from './batch.js';
import type { ShownDevice } from './host-picture.js';
import { poolOf } from './pool.js';

const KEY: Column<ShownDevice> = { name: 'device_id', type: 'text', of: ({ deviceId }) => deviceId };

/** What a change of the holder, or of a neighbour, changes. */
const STATUS: readonly Column<ShownDevice>[] = [
  { name: 'traits', type: 'jsonb', of: ({ traits }) => traits },
  { name: 'state', type: 'text', of: ({ state }) => state },
  { name: 'eligible', type: 'boolean', of: ({ eligible }) => eligible },
  { name: 'ineligible', type: 'jsonb', of: ({ ineligible }) => ineligible },
  { name: 'holder', type: 'jsonb', of: ({ holder }) => holder },
  { name: 'cordoned', type: 'boolean', of: ({ cordoned }) => cordoned },
  { name: 'pool', type: 'text', of: (device) => poolOf(device)?.pool ?? null },
];

const WHOLE: readonly Column<ShownDevice>[] = [
  KEY,
  { name: 'host_id', type: 'text', of: ({ hostId }) => hostId },
  { name: 'address', type: 'text', of: ({ observation }) => observation.address },
  { name: 'sort_key', type: 'text', of: ({ observation: { kind, address } }) => addressSortKey(kind, address) },
  { name: 'presence', type: 'text', of: ({ presence }) => presence },
  { name: 'observation', type: 'jsonb', of: ({ observation }) => observation },
  ...STATUS,
  { name: 'tagged', type: 'jsonb', of: ({ tagged }) => tagged },
  { name: 'first_seen_at', type: 'timestamptz', of: ({ firstSeenAt }) => firstSeenAt },
  { name: 'last_seen_at', type: 'timestamptz', of: ({ lastSeenAt }) => lastSeenAt },
];

const whole = batch(WHOLE);
/** What `StoredDevice` is read by. */
export const DEVICE_COLUMNS = whole.names;
const status = batch([KEY, ...STATUS]);

/** A row as the driver gives it. */
export interface StoredDevice {
  readonly device_id: string;
  readonly host_id: string;
  readonly sort_key: string;
  readonly presence: ShownDevice['presence'];
  readonly observation: ShownDevice['observation'];
  readonly traits: ShownDevice['traits'];
  readonly state: ShownDevice['state'];
  readonly eligible: boolean;
  readonly ineligible: ShownDevice['ineligible'];
  readonly holder: ShownDevice['holder'];
  readonly cordoned: boolean;
  readonly tagged: ShownDevice['tagged'];
  readonly first_seen_at: Date;
  readonly last_seen_at: Date;
}

/** Rows of `devices`, many at a time. */
export const deviceTable = (schema: string) => ({
  /** Host by host through the index: without fresh statistics, as while a fleet is first seen, the planner would read the whole table. */
  ofHosts: async (client: pg.ClientBase, hostIds: readonly string[]): Promise<readonly ShownDevice[]> => {
    const { rows } = await client.query<StoredDevice>({
      name: `${schema} get devices`,
      text: `select device.* from unnest($1::text[]) as wanted(host_id)
        cross join lateral (select ${whole.names} from ${schema}.devices where devices.host_id = wanted.host_id offset 0) device`,
      values: [hostIds],
    });
    return rows.map(toShown);
  },

  put: (client: pg.ClientBase, devices: readonly ShownDevice[]): Promise<unknown> =>
    client.query({
      name: `${schema} put devices`,
      text: `insert into ${schema}.devices (${whole.names}) select * from ${whole.source} row
        on conflict (device_id) do update set ${assignments(WHOLE, KEY.name, 'excluded')}`,
      values: whole.values(devices),
    }),

  /** Notes addresses that no device has had before. */
  noteAddresses: (client: pg.ClientBase, devices: readonly ShownDevice[]): Promise<unknown> =>
    client.query({
      name: `${schema} note addresses`,
      text: `insert into ${schema}.addresses (address) select unnest($1::text[]) on conflict do nothing`,
      values: [[...new Set(devices.map(({ observation }) => observation.address))]],
    }),

  putStatuses: (client: pg.ClientBase, devices: readonly ShownDevice[]): Promise<unknown> =>
    client.query({
      name: `${schema} put device statuses`,
      text: `update ${schema}.devices device set ${assignments(STATUS, KEY.name, 'row')} from ${status.source} row where device.device_id = row.device_id`,
      values: status.values(devices),
    }),
});

export const toShown = (row: StoredDevice): ShownDevice => ({
  deviceId: row.device_id,
  hostId: row.host_id,
  presence: row.presence,
  observation: row.observation,
  traits: row.traits,
  state: row.state,
  eligible: row.eligible,
  ineligible: row.ineligible,
  holder: row.holder,
  cordoned: row.cordoned,
  tagged: row.tagged,
  firstSeenAt: row.first_seen_at.toISOString(),
  lastSeenAt: row.last_seen_at.toISOString(),
});
