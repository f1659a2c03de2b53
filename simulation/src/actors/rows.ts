import type { InventoryTables } from '@vfleet/inventory/read-model/inventory.projection';
import type pg from 'pg';

type Client = pg.ClientBase;
type Entry = readonly [key: string, row: unknown];

/**
 * The inventory's tables over the store in memory: rows by their key, in the projector's own transaction. Pools and the
 * indexes of histories add up; they are kept as sums and as lists of positions.
 */
export const rowsInMemory = (): InventoryTables => {
  const put = (client: Client, entries: readonly Entry[]): Promise<unknown> => client.query({ name: 'simulation put', text: '', values: [entries] });
  const all = async <Row>(client: Client, table: string): Promise<readonly Row[]> =>
    (await client.query({ name: 'simulation rows', text: '', values: [table] })).rows as readonly Row[];
  const some = async <Row>(client: Client, table: string, isMeant: (row: Row) => boolean): Promise<readonly Row[]> =>
    (await all<Row>(client, table)).filter(isMeant);
  const keyed =
    <Row>(table: string, keyOf: (row: Row) => string) =>
    (client: Client, rows: readonly Row[]): Promise<unknown> =>
      put(
        client,
        rows.map((row) => [`${table} ${keyOf(row)}`, row]),
      );
  const device = keyed('device', (row: { readonly deviceId: string }) => row.deviceId);
  const none = async (): Promise<never> => {
    throw new Error('the simulation has no models and no classes of its own');
  };
  const tables: InventoryTables = {
    devices: {
      ofHosts: (client, hostIds) => some(client, 'device', ({ hostId }) => hostIds.includes(hostId)),
      put: device,
      putStatuses: device,
      noteAddresses: (client, devices) =>
        put(
          client,
          devices.map(({ observation: { address } }) => [`address ${address}`, address]),
        ),
    },
    hosts: {
      get: (client, hostIds) => some(client, 'host', ({ hostId }) => hostIds.includes(hostId)),
      put: keyed('host', ({ hostId }) => hostId),
    },
    vms: { get: (client, vmIds) => some(client, 'vm', ({ vmId }) => vmIds.includes(vmId)), put: keyed('vm', ({ vmId }) => vmId) },
    migrations: {
      get: (client, ids) => some(client, 'migration', ({ migrationId }) => ids.includes(migrationId)),
      put: keyed('migration', ({ migrationId }) => migrationId),
    },
    pools: {
      change: async (client, changes) => {
        const sums = new Map((await all<{ key: string; devices: number }>(client, 'pool')).map((row) => [row.key, row.devices]));
        for (const { hostId, pools } of changes)
          for (const { pool, delta } of pools) for (const key of [pool.pool, `${hostId} ${pool.pool}`]) sums.set(key, (sums.get(key) ?? 0) + delta);
        await put(
          client,
          [...sums].map(([key, devices]) => [`pool ${key}`, devices === 0 ? undefined : { key, devices }]),
        );
      },
    },
    history: { put: keyed('device-event', ({ deviceId, position }) => `${deviceId} ${position}`) },
    vmHistory: { put: keyed('vm-event', ({ vmId, position }) => `${vmId} ${position}`) },
    rules: {
      models: async () => [],
      excludedClasses: async () => undefined,
      putModel: none,
      removeModel: none,
      note: none,
      putExcludedClasses: none,
      hostsWithClasses: none,
      hostsWith: none,
    },
  };
  return tables;
};
