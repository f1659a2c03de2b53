import { JetStreamApiError, type JetStreamManager, type StreamConfig } from '@nats-io/jetstream';

/**
 * Gives each stream that has fewer so many replicas, and answers which these were. One that is not there has its number from
 * whoever makes it; one that has more keeps them.
 * @throws JetStreamApiError where the servers cannot: too few of them, or not a cluster
 */
export const raiseReplicas = async (manager: JetStreamManager, streams: readonly string[], replicas: number): Promise<readonly string[]> => {
  const raised: string[] = [];
  for (const stream of streams) {
    const config = await configOf(manager, stream);
    if (!config || config.num_replicas >= replicas) continue;
    await manager.streams.update(stream, { num_replicas: replicas });
    raised.push(stream);
  }
  return raised;
};

const configOf = async (manager: JetStreamManager, stream: string): Promise<StreamConfig | undefined> => {
  try {
    return (await manager.streams.info(stream)).config;
  } catch (error) {
    if (error instanceof JetStreamApiError && error.status === 404) return undefined;
    throw error;
  }
};
