import { Controller } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { InjectDataSource } from '@nestjs/typeorm';
import { ListPools, MAX_LIMIT, invalidRequest, type Pool, type PoolList } from '@vfleet/contracts';
import { REQUESTS } from '@vfleet/messaging';
import type { DataSource } from 'typeorm';
import { FreshReads } from '../read-model/fresh-reads.js';
import { SCHEMA } from '../read-model/inventory.projection.js';
import { readCursor, toPage } from './cursor.js';
import { toConditions } from './device-filter.js';
import { asksForIndexes, isPooled, valueOf } from './pooled-filter.js';

const DEFAULT_KEYS: readonly string[] = ['vendorId', 'productId'];
const MAX_KEYS = 32;

/** From which rows devices are counted, as the columns that a filter asks for; the fewer rows the better. */
const FLEET = `(select observation, traits, state, eligible, 'present' as presence, devices from ${SCHEMA}.pools)`;
const HOSTS = `(select host_id, observation, traits, state, eligible, 'present' as presence, host_pools.devices
  from ${SCHEMA}.host_pools join ${SCHEMA}.pools using (pool))`;
const DEVICES = `(select host_id, vm_id, address, observation, traits, state, eligible, presence, 1 as devices from ${SCHEMA}.devices where presence <> 'removed')`;

interface Row extends Record<Exclude<keyof Pool, 'key'>, string> {
  /** The values of the keys, as JSON. */
  readonly key: string;
}

/** Answers how many devices there are of a kind, and how many of them are free. */
@Controller()
export class PoolsController {
  constructor(
    private readonly reads: FreshReads,
    @InjectDataSource() private readonly source: DataSource,
  ) {}

  @MessagePattern('vfleet.api.pools.list', REQUESTS)
  async list(@Payload() request: ListPools): Promise<PoolList> {
    const keys = keysOf(request);
    toConditions(request.filter);
    const after = readCursor<readonly [string]>(request.cursor, ['']);
    await this.reads.ready();
    const page = await toPage(
      { limit: MAX_LIMIT, ...request },
      (limit) => this.count(request, keys, after?.[0], limit),
      ({ key }) => [key],
    );
    return { items: page.items.map((row) => show(row, keys)), nextCursor: page.nextCursor };
  }

  private count({ filter = {} }: ListPools, keys: readonly string[], after: string | undefined, limit: number): Promise<Row[]> {
    const values = keys.map((key, index) => valueOf(key, `key_${index}`) ?? { sql: 'null', parameters: {} });
    const key = `cast(jsonb_build_array(${values.map(({ sql }) => `coalesce(${sql}, 'null')`).join(', ')}) as text) collate "C"`;
    const query = this.source
      .createQueryBuilder()
      .select(key, 'key')
      .addSelect('sum(device.devices)', 'total')
      .from(sourceOf(keys, filter), 'device')
      .groupBy('1')
      .orderBy('1')
      .limit(limit);
    for (const [name, state] of COUNTED) query.addSelect(`coalesce(sum(device.devices) filter (where device.state in (${state})), 0)`, name);
    for (const { parameters } of values) query.setParameters(parameters);
    for (const { sql, parameters } of toConditions(filter)) query.andWhere(sql, parameters);
    if (after !== undefined) query.andWhere(`${key} > :after`, { after });
    return query.getRawMany<Row>();
  }
}

const COUNTED = [
  ['free', `'available'`],
  ['held', `'held', 'releasing'`],
  ['ineligible', `'ineligible'`],
  ['missing', `'missing'`],
] as const;

const sourceOf = (keys: readonly string[], filter: Readonly<Record<string, unknown>>): string => {
  if (!isPooled(keys, filter) || asksForIndexes(filter)) return DEVICES;
  return keys.includes('hostId') || 'hostId' in filter ? HOSTS : FLEET;
};

/** @throws ApiError 400, naming `groupBy[n]` */
const keysOf = ({ groupBy = [...DEFAULT_KEYS] }: ListPools): readonly string[] => {
  const keys = [...new Set(groupBy)];
  const faults = groupBy.flatMap((key, index) => (valueOf(key, 'key') ? [] : [{ field: `groupBy[${index}]`, message: 'is no key of a filter' }]));
  if (keys.length > MAX_KEYS) faults.push({ field: 'groupBy', message: `has more than ${MAX_KEYS} keys` });
  if (faults.length > 0) throw invalidRequest(faults);
  return keys;
};

const show = ({ key, total, free, held, ineligible, missing }: Row, keys: readonly string[]): Pool => {
  const values = JSON.parse(key) as readonly unknown[];
  return {
    key: Object.fromEntries(keys.map((name, index) => [name, values[index]])),
    total: Number(total),
    free: Number(free),
    held: Number(held),
    ineligible: Number(ineligible),
    missing: Number(missing),
  };
};
