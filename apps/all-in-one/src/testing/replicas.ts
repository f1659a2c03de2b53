import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { until } from '@vfleet/testing';

const CHANGE_MS = 180_000;
const STEP_DOWN_MS = 1_000;
/** Beside the server that leads. */
const FOLLOWERS = 2;

/** Of a cluster that may have no leader at this moment. */
const manager = (nats: NatsConnection): Promise<JetStreamManager> => jetstreamManager(nats, { checkAPI: false });

/** Resolves when three servers hold each of these streams, and each of them has what its leader has. */
export const allCurrent = async (nats: NatsConnection, names: readonly string[]): Promise<void> => {
  const { streams } = await manager(nats);
  const isCurrent = async (name: string): Promise<boolean> => {
    const { replicas = [] } = (await streams.info(name)).cluster ?? {};
    return replicas.length === FOLLOWERS && replicas.every(({ current, offline }) => current && !offline);
  };
  await until('all replicas to be current', async () => (await Promise.all(names.map(isCurrent))).every(Boolean), CHANGE_MS);
};

const leaderName = async (nats: NatsConnection, stream: string): Promise<string | undefined> =>
  (await (await manager(nats)).streams.info(stream)).cluster?.leader;

/** Name of the server that leads a stream; where that is the one before, another one has to take its place first. */
export const leadsNext = (nats: NatsConnection, stream: string, before: string): Promise<string> =>
  until(
    `another leader of ${stream} than ${before}`,
    async () => {
      const leader = await leaderName(nats, stream);
      if (leader === before) await nats.request(`$JS.API.STREAM.LEADER.STEPDOWN.${stream}`, '', { timeout: STEP_DOWN_MS });
      return leader !== undefined && leader !== '' && leader !== before && leader;
    },
    CHANGE_MS,
  );
