import { readFileSync } from 'node:fs';
import { VfleetClient } from '@vfleet/client';
import type { Logger } from 'pino';

export interface ConnectionOptions {
  readonly url: string;
  readonly name: string;
  /** File with NATS credentials. */
  readonly credentials?: string;
  /** Where replies arrive: nobody else may hear there. */
  readonly inboxPrefix?: string;
  /** How long to try; for ever by default. */
  readonly longestWaitMs?: number;
  /** Ends the trying. */
  readonly signal?: AbortSignal;
}

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;

/** Connects to NATS, waiting for a server that is not there yet. @throws what the last try threw when the time is over. */
export const connectPatiently = async (options: ConnectionOptions, log: Logger): Promise<VfleetClient> => {
  const { url, name, credentials, inboxPrefix, longestWaitMs = Infinity, signal } = options;
  const deadline = Date.now() + longestWaitMs;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    try {
      const given = {
        ...(credentials !== undefined && { credentials: readFileSync(credentials) }),
        ...(inboxPrefix !== undefined && { inboxPrefix }),
      };
      return await VfleetClient.connect({ url, name, ...given });
    } catch (error) {
      if (signal?.aborted || Date.now() + pause > deadline) throw error;
      log.warn({ err: (error as Error).message, retryMs: pause }, 'no connection to NATS yet');
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
};

/** A host's own, so that its NATS user needs to hear no other host's replies. */
export const inboxOf = (hostId: string): string => `_INBOX_${hostId}`;
