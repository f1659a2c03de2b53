import { jetstream } from '@nats-io/jetstream';
import { hostFactSubject, type DeviceObservation } from '@vfleet/contracts';
import type pg from 'pg';
import { inventoryHolds, journalPosition } from './fleet.js';
import { hostReport } from './realistic-host.js';
import type { Stage } from './stage.js';

const TEMPLATES = 250;
const DEVICES = 64;
const COPIES = 62;

interface Told {
  readonly type: string;
  readonly data: { readonly hostId: string; readonly device?: DeviceObservation };
}

/** One in so many template hosts has a card of its own kind; the last one has the only ones of theirs. */
const RARE_EVERY = 100;

const varied = (host: number, index: number, device: DeviceObservation): DeviceObservation => ({
  ...device,
  tags: { rack: `b${host % 16}`, zone: 'abc'[host % 3] as string, ...(host === TEMPLATES - 1 && index === DEVICES && { spare: 'yes' }) },
  ...(host % RARE_EVERY === RARE_EVERY - 1 && index === DEVICES && { name: 'GPU', vendorId: '10de', productId: '2330', class: '030200' }),
});

/**
 * An inventory of a million devices: hosts that agents have told of, some of whose devices are held, and copies of their
 * rows, counters included, under other names. Resolves with the number of devices.
 */
export const aMillionDevices = async (stage: Stage): Promise<number> => {
  const js = jetstream(stage.client.nats);
  for (let host = 0; host < TEMPLATES; host += 1) {
    const told = hostReport(host, DEVICES).map((text) => JSON.parse(text) as Told);
    await Promise.all(
      told.map(({ type, data }, index) => {
        const { hostId, device, ...rest } = data as Told['data'] & { readonly host?: object; readonly observed: object };
        const body = { hostId, ...(device && { device: varied(host, index, device) }), ...rest.observed, ...rest.host };
        return js.publish(hostFactSubject(hostId, type), JSON.stringify({ ...body, ...(type === 'HostOnline' && { heartbeatSeconds: 3_600 }) }));
      }),
    );
  }
  for (let vm = 0; vm < TEMPLATES; vm += 1)
    await stage.client.request('reservations.reserve', { vmId: `vm-${vm}`, hostId: `host-${vm}`, devices: [{ device: '10GE', count: 4 }] });
  await inventoryHolds(stage, await journalPosition(stage.pool));
  return copy(stage.pool);
};

const NEW_ID = (old: string): string => `left(md5(${old} || copy), 20)`;

const copy = async (pool: pg.Pool): Promise<number> => {
  const { rows } = await pool.query<{ column_name: string }>(
    `select column_name from information_schema.columns where table_schema = 'inventory' and table_name = 'devices'
     and is_generated = 'NEVER' and column_name not in ('device_id', 'host_id', 'observation')`,
  );
  const names = rows.map(({ column_name }) => column_name).join(', ');
  await pool.query(`
    insert into inventory.devices (device_id, host_id, observation, ${names})
    select ${NEW_ID('device_id')}, host_id || '-' || copy,
      observation || jsonb_build_object('deviceId', ${NEW_ID('device_id')}, 'parentDeviceId', ${NEW_ID(`(observation ->> 'parentDeviceId')`)}), ${names}
    from inventory.devices, generate_series(1, ${COPIES}) copy`);
  await pool.query(`
    insert into inventory.hosts select host_id || '-' || copy, description, state, first_seen_at, last_seen_at, counts, draining
    from inventory.hosts, generate_series(1, ${COPIES}) copy`);
  await pool.query(`
    insert into inventory.host_pools select host_id || '-' || copy, pool, devices from inventory.host_pools, generate_series(1, ${COPIES}) copy`);
  await pool.query(`update inventory.pools set devices = devices * ${COPIES + 1}`);
  for (const table of ['devices', 'hosts', 'host_pools', 'pools', 'addresses']) await pool.query(`vacuum analyze inventory.${table}`);
  // What was written in bulk is on disk before anything is measured, as in a system that has run for a while.
  await pool.query('checkpoint');
  const counted = await pool.query<{ count: string }>('select count(*) from inventory.devices');
  return Number(counted.rows[0]?.count);
};
