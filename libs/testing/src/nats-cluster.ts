import { jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { parseNatsUrl } from '@vfleet/contracts';
import { findNatsServer, freePort, NatsServer, ServerStartError, type NatsMember } from '@vfleet/embedded';
import { randomBytes } from 'node:crypto';
import { aFolder } from './run.js';
import { until } from './until.js';

/** Some NATS servers that are one JetStream cluster. */
export interface NatsCluster {
  readonly servers: readonly NatsServer[];
  /** Names all servers. */
  readonly url: string;
  /** The server that leads a stream at this moment. */
  leaderOf(stream: string): Promise<NatsServer>;
  /** The server that leads the newest consumer of a stream; where that is an ordered one, no other server knows it. */
  leaderOfConsumer(stream: string): Promise<NatsServer>;
  close(): Promise<void>;
}

const ATTEMPTS = 3;
const FORMED_MS = 120_000;

/** Starts a cluster of so many servers on loopback; resolves when it takes streams. */
export const aNatsCluster = async (size = 3): Promise<NatsCluster> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startCluster(size);
    } catch (error) {
      // Another program has taken a port between its choice and its use.
      if (!(error instanceof ServerStartError) || error.code !== 'PORT_IN_USE' || attempt === ATTEMPTS) throw error;
    }
  }
};

const startCluster = async (size: number): Promise<NatsCluster> => {
  const password = randomBytes(24).toString('base64url');
  // Once: what is missing would be fetched by all of them at the same time.
  const binary = await findNatsServer();
  const ports = await freePorts(size);
  const members = ports.map((port, n): NatsMember => ({ name: `nats-${n + 1}`, port, ports, password }));
  const started = await Promise.allSettled(members.map((member) => NatsServer.start({ storeDir: aFolder(member.name), member, binary })));
  const servers = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const close = async (): Promise<void> => void (await Promise.all(servers.map((server) => server.kill())));
  const failed = started.find((one) => one.status === 'rejected');
  if (failed) await close();
  if (failed) throw failed.reason;
  const url = servers.map((server, n) => (n === 0 ? server.url : new URL(server.url).host)).join(',');
  const named = new Map(members.map(({ name }, n) => [name, servers[n]]));
  await withConnection(url, async (nats) => {
    await until('the cluster to have a leader', async () => (await jetstreamManager(nats)).getAccountInfo(), FORMED_MS);
    await until('the cluster to take streams', () => takesStreams(nats, size), FORMED_MS);
  });
  const ask = (what: string, look: (nats: NatsConnection) => Promise<string | undefined>): Promise<NatsServer> =>
    withConnection(url, (nats) => until(`${what} to have a leader`, async () => named.get((await look(nats)) ?? '')));
  const leaderOf = (stream: string): Promise<NatsServer> => ask(stream, (nats) => leaderOfStream(nats, stream));
  const leaderOfConsumer = (stream: string): Promise<NatsServer> => ask(`a consumer of ${stream}`, (nats) => leaderOfNewestConsumer(nats, stream));
  return { servers, url, leaderOf, leaderOfConsumer, close };
};

/** A stream on every server can be made when each has heard of the others. */
const takesStreams = async (nats: NatsConnection, size: number): Promise<true> => {
  const { streams } = await jetstreamManager(nats);
  await streams.add({ name: 'FORMED', subjects: ['formed'], num_replicas: size });
  await streams.delete('FORMED');
  return true;
};

const leaderOfStream = async (nats: NatsConnection, stream: string): Promise<string | undefined> =>
  (await (await jetstreamManager(nats)).streams.info(stream)).cluster?.leader;

const leaderOfNewestConsumer = async (nats: NatsConnection, stream: string): Promise<string | undefined> => {
  let newest = { createdAt: 0, leader: '' };
  for await (const { created, cluster } of (await jetstreamManager(nats)).consumers.list(stream))
    if (cluster?.leader && Date.parse(created) > newest.createdAt) newest = { createdAt: Date.parse(created), leader: cluster.leader };
  return newest.leader;
};

const withConnection = async <T>(url: string, work: (nats: NatsConnection) => Promise<T>): Promise<T> => {
  const nats = await connect({ ...parseNatsUrl(url), maxReconnectAttempts: -1, reconnectTimeWait: 100 });
  try {
    return await work(nats);
  } finally {
    await nats.close();
  }
};

const freePorts = async (count: number): Promise<readonly number[]> => {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await freePort());
  return [...ports];
};
