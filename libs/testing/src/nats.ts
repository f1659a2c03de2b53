import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { NatsServer } from '@vfleet/embedded';
import { aFolder } from './run.js';

/** A NATS server for one spec file. */
export interface TestNats {
  readonly url: string;
  /** The server itself, to be killed and restarted; undefined where `VFLEET_NATS_URL` gave one that is not ours. */
  readonly server: NatsServer | undefined;
  close(): Promise<void>;
}

const dropStreams = async (url: string): Promise<void> => {
  const { username, password, host } = new URL(url);
  const connection = await connect({ servers: host, ...(username && { user: decodeURIComponent(username), pass: decodeURIComponent(password) }) });
  const manager = await jetstreamManager(connection);
  for await (const { config } of manager.streams.list()) if (config.name.startsWith('VFLEET_')) await manager.streams.delete(config.name);
  await connection.close();
};

const given = async (url: string): Promise<TestNats> => {
  await dropStreams(url);
  return { url, server: undefined, close: () => dropStreams(url) };
};

/**
 * A fresh nats-server with JetStream on a free port. With `VFLEET_NATS_URL` it is that server instead, emptied of
 * vfleet's streams; then the specs have to run one file after the other, and nothing else may use the server.
 */
export const aNatsServer = async (): Promise<TestNats> => {
  const url = process.env['VFLEET_NATS_URL'];
  if (url !== undefined) return given(url);
  const server = await NatsServer.start({ storeDir: aFolder('nats') });
  return { url: server.url, server, close: () => server.stop() };
};
