import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource, EntityManager } from 'typeorm';
import { DeviceEntity } from '../read-model/device.entity.js';
import { SCHEMA } from '../read-model/inventory.projection.js';
import { addressCondition, isPooled, poolConditions, toConditions, type Condition, type Filter } from './device-filter.js';
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
    const conditions = toConditions(filter);
    const asked = poolConditions(filter);
    const globs = 'hostId' in filter ? undefined : addressCondition(filter);
    if (globs)
      return async (after, limit) =>
        devicesInOrder(this.source.manager, [...conditions, ...(await narrowed(this.source.manager, globs))], after, limit);
    if (asked.length === 0 || !isPooled([], filter) || 'hostId' in filter)
      return (after, limit) => devicesInOrder(this.source.manager, conditions, after, limit);
    // Of one moment: a device that changes hands meanwhile counts in another pool.
    return (after, limit) =>
      this.source.transaction('REPEATABLE READ', async (manager) =>
        devicesOfPools(manager, await poolsFor(manager, asked), conditions, after, limit),
      );
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
  return [{ sql: 'device.address collate "C" = any(:narrowed)', parameters: { narrowed: rows.map(({ address }) => address) } }];
};

const poolsFor = async (manager: EntityManager, conditions: readonly Condition[]): Promise<readonly string[]> => {
  const query = manager.createQueryBuilder().select('device.pool', 'pool').from(`(select * from ${SCHEMA}.pools)`, 'device');
  for (const { sql, parameters } of conditions) query.andWhere(sql, parameters);
  return (await query.getRawMany<{ readonly pool: string }>()).map(({ pool }) => pool);
};

const devicesOfPools = async (
  manager: EntityManager,
  pools: readonly string[],
  conditions: readonly Condition[],
  after: DeviceKey | undefined,
  limit: number,
): Promise<DeviceEntity[]> => {
  const found: DeviceEntity[] = [];
  if (pools.length === 0) return found;
  for (let from = after?.[0] ?? ''; found.length < limit;) {
    const hosts = enough(await hostsWith(manager, pools, from, limit), after, limit - found.length);
    const last = hosts.at(-1);
    if (last === undefined) break;
    const more = [...conditions, { sql: 'device.host_id = any(:hosts) and device.pool = any(:pools)', parameters: { hosts, pools } }];
    found.push(...(await devicesInOrder(manager, more, after, limit - found.length)));
    from = `${last}${BEHIND}`;
  }
  return found;
};

const hostsWith = (manager: EntityManager, pools: readonly string[], from: string, limit: number): Promise<HostShare[]> =>
  manager.query<HostShare[]>(
    `select host_id, sum(devices) as devices from ${SCHEMA}.host_pools where pool = any($1) and host_id >= $2 group by host_id order by host_id limit $3`,
    [pools, from, limit],
  );

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
