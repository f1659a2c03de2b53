import type { NatsConnection } from '@nats-io/transport-node';
import type { DeviceObservation } from '@vfleet/contracts';
import { openPool } from '@vfleet/journal';
import { aDatabase, aDevice, aProgram, tellOfHost, until, type RunningProgram } from '@vfleet/testing';
import type pg from 'pg';
import { aSecuredBus, host, service, tenant, type SecuredBus } from './secured-bus.js';

const START_MS = 600_000;
const REPLY_MS = 30_000;

/** An answer as a program sees it that knows nothing but NATS and JSON: status 0 is no error. */
export interface Answer {
  readonly status: number;
  readonly description: string;
  readonly body: unknown;
}

/** Asks `vfleet.api.<request>` as a user. */
export type Ask = (request: string, body?: object) => Promise<Answer>;

export const askAs =
  (nats: NatsConnection): Ask =>
  async (request, body = {}) => {
    const reply = await nats.request(`vfleet.api.${request}`, JSON.stringify(body), { timeout: REPLY_MS });
    const header = (name: string): string => reply.headers?.get(name) ?? '';
    return { status: Number(header('Nats-Service-Error-Code')), description: header('Nats-Service-Error'), body: reply.json() };
  };

/** Two hosts: two NICs for `acme`, two for `globex`, and two for anybody, on each. */
const devicesOf = (hostId: string): readonly DeviceObservation[] =>
  [{ tenant: 'acme' }, { tenant: 'acme' }, { tenant: 'globex' }, { tenant: 'globex' }, {}, {}].map((tags, n) =>
    aDevice(hostId, `0000:28:00.${n}`, { name: '10GE', iommuGroup: n, tags: tags as Record<string, string> }),
  );

const publishHost = async (nats: NatsConnection, hostId: string): Promise<void> => {
  await tellOfHost(nats, hostId, 1, 'HostOnline', { hostname: hostId, agentVersion: '0', heartbeatSeconds: 3_600 });
  for (const [index, device] of devicesOf(hostId).entries()) await tellOfHost(nats, hostId, index + 2, 'DeviceDiscovered', { device });
};

/** Allocator and inventory that answer tenants, on the bus that `vfleet security` makes, with hosts of which everything is known. */
export interface TenantsStage {
  readonly bus: SecuredBus;
  /** Of the database, as who owns its tables. */
  readonly owner: pg.Pool;
  readonly services: readonly RunningProgram[];
  readonly acme: NatsConnection;
  readonly globex: NatsConnection;
  readonly operator: NatsConnection;
  readonly platform: NatsConnection;
  readonly close: () => Promise<void>;
}

export const HOSTS = ['h1', 'h2'] as const;

export const aTenantsStage = async (): Promise<TenantsStage> => {
  const [database, bus] = await Promise.all([aDatabase(), aSecuredBus(HOSTS, ['acme', 'globex'])]);
  const [acme, globex, operator, platform] = (await Promise.all(
    [tenant('acme'), tenant('globex'), service('operator'), service('platform')].map((user) => bus.connectAs(user)),
  )) as [NatsConnection, NatsConnection, NatsConnection, NatsConnection];
  const owner = openPool({ url: database.url, name: 'owner', max: 2 });
  const services: RunningProgram[] = [];
  for (const name of ['allocator', 'inventory']) {
    const identity = bus.identity(service(name));
    const program = aProgram(name, [], {
      VFLEET_PG_URL: database.url,
      VFLEET_NATS_URL: bus.url,
      VFLEET_NATS_IDENTITY: identity,
      VFLEET_TENANTS: 'true',
    });
    services.push(program);
    await until(
      () => `${name} to answer; it said ${program.said()}`,
      () => operator.request(`$SRV.PING.vfleet-${name}`, '', { timeout: 500 }),
      START_MS,
    );
  }
  for (const hostId of HOSTS) {
    const agent = await bus.connectAs(host(hostId));
    await publishHost(agent, hostId);
    await agent.close();
  }
  const ask = askAs(operator);
  await until(
    'every device to be known',
    async () => ((await ask('devices.list')).body as { items: readonly object[] }).items.length === 12,
    START_MS,
  );
  const close = async (): Promise<void> => {
    await Promise.all([acme, globex, operator, platform].map((one) => one.close()));
    await Promise.all(services.map((one) => one.kill()));
    await bus.close();
    await owner.end();
    await database.close();
  };
  return { bus, owner, services, acme, globex, operator, platform, close };
};
