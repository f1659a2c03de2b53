import { connect, type NatsConnection } from '@nats-io/transport-node';
import { parseNatsUrl, type ApiName } from '@vfleet/contracts';
import { aNatsServer, type TestNats } from './nats.js';
import { aDatabase, type TestDatabase } from './postgres.js';
import { aService, type RunningProgram, type Servers } from './service.js';

/** Services in processes of their own, on real servers, and a client of their bus that knows nothing but NATS and JSON. */
export interface TestSystem {
  readonly database: TestDatabase;
  readonly bus: TestNats;
  readonly nats: NatsConnection;
  /** Starts services, all at once, and resolves when each of them answers. */
  readonly start: (...apps: readonly Parameters<typeof aService>[0][]) => Promise<readonly RunningProgram[]>;
  /** As any program would ask: plain JSON, and the status in a header, 200 where there is none. */
  readonly reply: (name: ApiName, body: object) => Promise<{ readonly status: number; readonly body: unknown }>;
  /** Kills the services that it has started, and closes the rest. */
  readonly close: () => Promise<void>;
}

/** Longer than any answer takes on a machine that is busy with other specs. */
const REPLY_MS = 60_000;

/** The servers of a system; nothing has been said on its bus yet. */
export const aSystem = async (): Promise<TestSystem> => {
  const [database, bus] = await Promise.all([aDatabase(), aNatsServer()]);
  const nats = await connect(parseNatsUrl(bus.url));
  const servers: Servers = { pgUrl: database.url, natsUrl: bus.url };
  const running: RunningProgram[] = [];
  return {
    database,
    bus,
    nats,
    start: async (...apps) => {
      const started = await Promise.all(apps.map((app) => aService(app, servers)));
      running.push(...started);
      return started;
    },
    reply: async (name, body) => {
      const answer = await nats.request(`vfleet.api.${name}`, JSON.stringify(body), { timeout: REPLY_MS });
      return { status: Number(answer.headers?.get('Nats-Service-Error-Code') || 200), body: answer.json() };
    },
    close: async () => {
      await Promise.all(running.map((service) => service.kill('SIGKILL')));
      await nats.close();
      await Promise.all([bus.close(), database.close()]);
    },
  };
};
