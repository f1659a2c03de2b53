import { jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { VfleetClient } from '@vfleet/client';
import { parseNatsUrl, STREAMS } from '@vfleet/contracts';
import { aNatsServer } from '@vfleet/testing';

/** A bus as an agent finds it: the stream takes its facts, and the inventory knows of no device. */
export interface AgentBus {
  readonly url: string;
  /** As an agent connects. */
  readonly client: VfleetClient;
  /** Of somebody who knows nothing but NATS. */
  readonly nats: NatsConnection;
  readonly close: () => Promise<void>;
}

export const anAgentBus = async (): Promise<AgentBus> => {
  const server = await aNatsServer();
  const client = await VfleetClient.connect({ url: server.url });
  const nats = await connect(parseNatsUrl(server.url));
  await (await jetstreamManager(nats)).streams.add({ name: STREAMS.IN.name, subjects: [...STREAMS.IN.subjects] });
  nats.subscribe('vfleet.api.devices.list', { callback: (_, message) => void message.respond('{"items":[],"nextCursor":null}') });
  await nats.flush();
  const close = async (): Promise<void> => {
    await client.close();
    await nats.close();
    await server.close();
  };
  return { url: server.url, client, nats, close };
};
