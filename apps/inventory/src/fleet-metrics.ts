import type { Platform } from '@vfleet/service-kit';
import { SCHEMA } from './read-model/inventory.projection.js';

type Watched = Pick<Platform, 'pool' | 'metrics'>;

/** Several gauges come of one question: within one scrape it is asked once. */
const ASK_AGAIN_MS = 1_000;
const MANY = 10_000;

/** As an operator would call it: its registered model, else the name it was given, else vendor and product, else its type. */
const MODEL = `coalesce(traits ->> 'model', observation ->> 'name',
  (observation ->> 'vendorId') || ':' || (observation ->> 'productId'), traits ->> 'deviceType')`;

const BY_HOST = `select host_id as host, ${MODEL} as model, state, sum(host_pools.devices)::float8 as value
  from ${SCHEMA}.host_pools join ${SCHEMA}.pools using (pool) where host_pools.devices > 0 group by 1, 2, 3`;
const FLEET = `select ${MODEL} as model, state, sum(devices)::float8 as value from ${SCHEMA}.pools where devices > 0 group by 1, 2`;
const HOSTS = `select case when state = 'online' and draining then 'draining' else state end as state, count(*)::float8 as value from ${SCHEMA}.hosts group by 1`;

/**
 * Shows the fleet, read from the counters that the projection keeps. The devices of each host are left out whole where
 * more than `maxSeries` rows would have to be read: a part of them would be taken for all.
 */
export const showFleet = ({ pool, metrics }: Watched, maxSeries: number): void => {
  const rows = async <Row extends object>(text: string, values: readonly unknown[] = []): Promise<Row[]> =>
    (await pool.query<Row>(text, [...values])).rows;
  const countUpTo = async (bound: number, text: string): Promise<number> => {
    const [row] = await rows<{ count: number }>(`select count(*)::float8 as count from (${text} limit $1) seen`, [bound]);
    return row?.count ?? 0;
  };
  const fits = shared(async () => (await countUpTo(maxSeries + 1, `select from ${SCHEMA}.host_pools where devices > 0`)) <= maxSeries);

  metrics.gauge('vfleet_devices_by_host_shown', async () => Number(await fits()));
  metrics.gauge('vfleet_devices', async () => ((await fits()) ? rows<ByHost>(BY_HOST) : []));
  metrics.gauge('vfleet_pool_devices', () => rows<Omit<ByHost, 'host'>>(FLEET));
  metrics.gauge('vfleet_hosts', async () => withEveryState(await rows(HOSTS)));
  metrics.gauge('vfleet_dead_letters', () => countUpTo(MANY, 'select from journal.dead_letters'));
  metrics.gauge('vfleet_migrations_needing_operator', () => countUpTo(MANY, `select from ${SCHEMA}.vm_migrations where state = 'failed'`));
};

interface ByHost {
  readonly host: string;
  readonly model: string;
  readonly state: string;
  readonly value: number;
}

const HOST_STATES = ['online', 'offline', 'stale', 'draining'];

/** A state that no host is in is 0, not absent: an alert has to see it fall. */
const withEveryState = (counted: readonly { readonly state: string; readonly value: number }[]): { state: string; value: number }[] => {
  const by = new Map([...HOST_STATES.map((state) => [state, 0] as const), ...counted.map(({ state, value }) => [state, value] as const)]);
  return [...by].map(([state, value]) => ({ state, value }));
};

const shared = <T>(ask: () => Promise<T>): (() => Promise<T>) => {
  let asked: { readonly at: number; readonly answer: Promise<T> } | undefined;
  return () => {
    if (!asked || performance.now() - asked.at > ASK_AGAIN_MS) asked = { at: performance.now(), answer: ask() };
    return asked.answer;
  };
};
