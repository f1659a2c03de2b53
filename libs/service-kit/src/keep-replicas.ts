import { jetstreamManager } from '@nats-io/jetstream';
import { STREAMS } from '@vfleet/contracts';
import { raiseReplicas } from '@vfleet/messaging';
import type { Platform } from './platform.js';

const TRY_AGAIN_MS = 30_000;
const NAMES = Object.values(STREAMS).map(({ name }) => name);

/**
 * Gives the streams that are there as many replicas as the service was told, and tries again as long as the servers cannot:
 * a stream with fewer serves as well. Ends when the function that it returns is called.
 */
export const keepReplicas = ({ nats, log, streamReplicas: replicas = 1 }: Platform): (() => void) => {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const raise = async (): Promise<void> => {
    try {
      const raised = await raiseReplicas(await jetstreamManager(nats), NAMES, replicas);
      if (raised.length > 0) log('info', 'streams have more replicas', { streams: raised, replicas });
    } catch (error) {
      if (stopped) return;
      log('warn', 'streams have fewer replicas than they should', { replicas, error: (error as Error).message });
      timer = setTimeout(() => void raise(), TRY_AGAIN_MS);
    }
  };
  if (replicas > 1) void raise();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
};
