import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource, EntityManager } from 'typeorm';
import { DeviceEntity } from '../read-model/device.entity.js';
import { SCHEMA } from '../read-model/inventory.projection.js';
import { addressCondition, askedPools, atAddresses, isPooled, toConditions, type Condition, type Filter } from './device-filter.js';
import type { DeviceKey } from './device-key.js';

interface HostShare {
  readonly host_id: string;
  /** Devices of the pools that are asked for. */
  readonly devices: string;
}

/** Reads devices in the order of lists, as many as one page needs, and looks at few others on the way to them. */
export type ReadDevices = (after: DeviceKey | undefined, limit: number) => Promise<DeviceEntity[]>;

/**
 * Finds the devices that a filter lets through among a million others. What a filter asks of pools of devices is asked of
 * these first: they say which hosts have any, so that nobody looks at the others however far they are behind each other.
 */
@Injectable()
export class DeviceSearch {
  constructor(@InjectDataSource() private readonly source: DataSource) {}

  /** @throws ApiError 400, naming `filter.<key>` */
  by(filter: Filter = {}): ReadDevices {
    const { manager } = this.source;
    const conditions = toConditions(filter);
    const pools = askedPools(filter, `${SCHEMA}.pools`);
    const globs = 'hostId' in filter ? undefined : addressCondition(filter);
    if (globs) return async (after, limit) => devicesInOrder(manager, [...conditions, ...(await narrowed(manager, globs))], after, limit);
    if (!pools || !isPooled([], filter) || 'hostId' in filter) return (after, limit) => devicesInOrder(manager, conditions, after, limit);
    return (after, limit) => devicesOfPools(manager, pools, conditions, after, limit);
  }
}

/** More addresses than this are no help: so many devices have them that the next one is not far. */
const MANY_ADDRESSES = 256;

/** The addresses that globs stand for, where they are few. */
const narrowed = async (manager: EntityManager, globs: Condition): Promise<readonly Condition[]> => {
  const query = manager.createQueryBuilder().select('device.address', 'address').from(`(select * from ${SCHEMA}.addresses)`, 'device');
  const rows = await query
    .where(globs.sql, globs.parameters)
    .limit(MANY_ADDRESSES + 1)
    .getRawMany<{ readonly address: string }>();
  if (rows.length > MANY_ADDRESSES) return [];
  return [
    atAddresses(
      rows.map(({ address }) => address),
      'narrowed',
    ),
  ];
};

/** The pools are asked for with the devices once more: those that change hands meanwhile count in others than when the hosts were asked. */
const devicesOfPools = async (
  manager: EntityManager,
  pools: Condition,
  conditions: readonly Condition[],
  after: DeviceKey | undefined,
  limit: number,
): Promise<DeviceEntity[]> => {
  const found: DeviceEntity[] = [];
  const names = await namesOf(manager, pools);
  for (let from = after?.[0] ?? ''; found.length < limit;) {
    const hosts = enough(await hostsWith(manager, names, from, limit), after, limit - found.length);
    const last = hosts.at(-1);
    if (last === undefined) break;
    const there = { sql: `device.host_id = any(:hosts) and device.pool = any(${pools.sql})`, parameters: { hosts, ...pools.parameters } };
    found.push(...(await devicesInOrder(manager, [...conditions, there], after, limit - found.length)));
    from = `${last}${BEHIND}`;
  }
  return found;
};

/** The pools by name, so that the planner knows how many there are: of few it asks the index, among many it walks from host to host. */
const hostsWith = async (manager: EntityManager, pools: readonly string[], from: string, limit: number): Promise<readonly HostShare[]> => {
  if (pools.length === 0) return [];
  return manager.query<HostShare[]>(
    `select host_id, sum(devices) as devices from ${SCHEMA}.host_pools where pool = any($1) and host_id >= $2 group by host_id order by host_id limit $3`,
    [pools, from, limit],
  );
};

const namesOf = async (manager: EntityManager, { sql, parameters }: Condition): Promise<readonly string[]> => {
  const row = await manager
    .createQueryBuilder()
    .select(sql, 'pools')
    .from('(select)', 'one')
    .setParameters(parameters)
    .getRawOne<{ readonly pools: string[] | null }>();
  return row?.pools ?? [];
};

const devicesInOrder = (
  manager: EntityManager,
  conditions: readonly Condition[],
  after: DeviceKey | undefined,
  limit: number,
): Promise<DeviceEntity[]> => {
  const query = manager
    .createQueryBuilder(DeviceEntity, 'device')
    .orderBy({ 'device.hostId': 'ASC', 'device.sortKey': 'ASC', 'device.deviceId': 'ASC' })
    .limit(limit);
  for (const { sql, parameters } of conditions) query.andWhere(sql, parameters);
  if (after) {
    const [hostId, sortKey, deviceId] = after;
    query.andWhere('(device.host_id, device.sort_key, device.device_id) > (:afterHost, :afterSortKey, :afterDevice)', {
      afterHost: hostId,
      afterSortKey: sortKey,
      afterDevice: deviceId,
    });
  }
  return query.getMany();
};

/** Sorts behind a host's id, and before every other one that is behind it. */
const BEHIND = '\u0001';

/** The first hosts that have enough devices together; what is left of the host where the page before has ended is not known. */
const enough = (shares: readonly HostShare[], after: DeviceKey | undefined, limit: number): readonly string[] => {
  const hosts: string[] = [];
  let devices = 0;
  for (const share of shares) {
    if (devices >= limit) break;
    hosts.push(share.host_id);
    if (share.host_id !== after?.[0]) devices += Number(share.devices);
  }
  return hosts;
};
