import { jetstreamManager } from '@nats-io/jetstream';
import { COPY } from './read-log.js';
import type { Stage } from './stage.js';

/** For controls: the copy as it is, emptied; nobody heals it. */
export const remakeCopy = async ({ nats }: Stage): Promise<void> => {
  const manager = await jetstreamManager(nats);
  const { config } = await manager.streams.info(COPY);
  await manager.streams.delete(COPY);
  await manager.streams.add(config);
};
