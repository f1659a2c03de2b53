import type { INestApplication } from '@nestjs/common';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { parseNatsUrl, type ApiName, type ApiReply } from '@vfleet/contracts';
import { Journal, Projector, type Mark, type RecordedEvent } from '@vfleet/journal';
import { openPlatform, startService, type Platform } from '@vfleet/service-kit';
import { aDatabase, aNatsServer } from '@vfleet/testing';
import { InventoryModule } from '../src/inventory.module.js';
import { migrateInventory } from '../src/migrations/migrate.js';
import { toNew } from './events.js';

export interface Answer {
  /** 0 where the request was served. */
  readonly code: number;
  readonly body: unknown;
}

export interface InventoryUnderTest {
  readonly app: INestApplication;
  readonly platform: Platform;
  readonly client: NatsConnection;
  readonly append: (events: readonly RecordedEvent[], marks?: readonly Mark[]) => Promise<void>;
  readonly ask: (name: ApiName, body?: object) => Promise<Answer>;
  /** The reply of a request that is served. */
  readonly served: <Name extends ApiName>(name: Name, body?: object) => Promise<ApiReply<Name>>;
  readonly close: () => Promise<void>;
}

/** The service on real servers, asked by a client that knows nothing but NATS and JSON. Events reach it through the journal alone. */
export const anInventory = async (): Promise<InventoryUnderTest> => {
  const [database, server] = await Promise.all([aDatabase(), aNatsServer()]);
  const config = { natsUrl: server.url, pgUrl: database.url, logLevel: 'silent' };
  const platform = await openPlatform('inventory', '0.1.0', config);
  await migrateInventory(config.pgUrl);
  const app = await startService({
    platform,
    module: InventoryModule.of(config),
    description: 'under test',
    prepare: async (made) => {
      const projector = made.get(Projector);
      await projector.start();
      return { status: () => ({ role: 'active', position: projector.position }) };
    },
  });
  const journal = new Journal(platform.pool);
  const client = await connect(parseNatsUrl(server.url));
  const ask = async (name: ApiName, body: object = {}): Promise<Answer> => {
    const reply = await client.request(`vfleet.api.${name}`, JSON.stringify(body), { timeout: 30_000 });
    return { code: Number(reply.headers?.get('Nats-Service-Error-Code') ?? 0), body: reply.json() };
  };
  return {
    app,
    platform,
    client,
    ask,
    append: async (events, marks = []) => {
      await journal.append({ events: events.map(toNew), marks });
    },
    served: async <Name extends ApiName>(name: Name, body: object = {}) => {
      const answer = await ask(name, body);
      if (answer.code !== 0) throw new Error(`${name} was refused: ${JSON.stringify(answer.body)}`);
      return answer.body as ApiReply<Name>;
    },
    close: async () => {
      await app.get(Projector).stop();
      await app.close();
      await client.close();
      await platform.nats.close();
      await platform.pool.end();
      await Promise.all([database.close(), server.close()]);
    },
  };
};
