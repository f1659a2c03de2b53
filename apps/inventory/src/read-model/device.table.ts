import { addressSortKey } from '@vfleet/pci';
import type pg from 'pg';
import type { ShownDevice } from './host-picture.js';

const STATUS = 'traits jsonb, state text, eligible boolean, ineligible jsonb, holder jsonb';
const WHOLE = `device_id text, host_id text, address text, sort_key text, presence text, observation jsonb, ${STATUS},
  cordoned boolean, first_seen_at timestamptz, last_seen_at timestamptz`;
const namesOf = (columns: string): readonly string[] => columns.split(',').map((column) => column.trim().split(' ')[0] as string);

interface Stored {
  readonly device_id: string;
  readonly host_id: string;
  readonly presence: ShownDevice['presence'];
  readonly observation: ShownDevice['observation'];
  readonly traits: ShownDevice['traits'];
  readonly state: ShownDevice['state'];
  readonly eligible: boolean;
  readonly ineligible: ShownDevice['ineligible'];
  readonly holder: ShownDevice['holder'];
  readonly cordoned: boolean;
  readonly first_seen_at: Date;
  readonly last_seen_at: Date;
}

/** Rows of `devices`, many at a time: batches are JSON that PostgreSQL takes apart. */
export const deviceTable = (schema: string) => ({
  ofHosts: async (client: pg.ClientBase, hostIds: readonly string[]): Promise<readonly ShownDevice[]> => {
    const { rows } = await client.query<Stored>(`select ${namesOf(WHOLE).join(', ')} from ${schema}.devices where host_id = any($1)`, [hostIds]);
    return rows.map(toShown);
  },

  put: (client: pg.ClientBase, devices: readonly ShownDevice[]): Promise<unknown> => {
    const columns = namesOf(WHOLE);
    const updates = columns.filter((column) => column !== 'device_id').map((column) => `${column} = excluded.${column}`);
    const text = `insert into ${schema}.devices (${columns.join(', ')}) select ${columns.join(', ')} from json_to_recordset($1::json) as row(${WHOLE})
      on conflict (device_id) do update set ${updates.join(', ')}`;
    return client.query({ name: `${schema} put devices`, text, values: [JSON.stringify(devices.map(toStored))] });
  },

  putStatuses: (client: pg.ClientBase, devices: readonly ShownDevice[]): Promise<unknown> => {
    const updates = namesOf(STATUS).map((column) => `${column} = row.${column}`);
    const text = `update ${schema}.devices device set ${updates.join(', ')} from json_to_recordset($1::json) as row(device_id text, ${STATUS})
      where device.device_id = row.device_id`;
    const rows = devices.map(({ deviceId, ...device }) => ({ device_id: deviceId, ...toStatus(device) }));
    return client.query({ name: `${schema} put device statuses`, text, values: [JSON.stringify(rows)] });
  },
});

const toStatus = ({ traits, state, eligible, ineligible, holder }: Pick<ShownDevice, 'traits' | 'state' | 'eligible' | 'ineligible' | 'holder'>) => ({
  traits,
  state,
  eligible,
  ineligible,
  holder,
});

const toStored = (device: ShownDevice): object => {
  const { address, kind } = device.observation;
  return {
    device_id: device.deviceId,
    host_id: device.hostId,
    address,
    sort_key: addressSortKey(kind, address),
    presence: device.presence,
    observation: device.observation,
    ...toStatus(device),
    cordoned: device.cordoned,
    first_seen_at: device.firstSeenAt,
    last_seen_at: device.lastSeenAt,
  };
};

const toShown = (row: Stored): ShownDevice => ({
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
  firstSeenAt: row.first_seen_at.toISOString(),
  lastSeenAt: row.last_seen_at.toISOString(),
});
