import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { VfleetClient, type ClientOptions } from '@vfleet/client';
import { inboxOfHost } from '@vfleet/contracts';
import type { Logger } from 'pino';
import type { Settings } from './configuration/settings.js';

export interface ConnectionOptions {
  readonly url: string;
  readonly name: string;
  /** File with NATS credentials. */
  readonly credentials?: string;
  /** Folder with `ca.crt`, `user.crt` and `user.key`. */
  readonly identity?: string;
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
  const { url, name, credentials, identity, inboxPrefix, longestWaitMs = Infinity, signal } = options;
  const deadline = Date.now() + longestWaitMs;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    try {
      const given = {
        ...(credentials !== undefined && { credentials: readFileSync(credentials) }),
        ...(identity !== undefined && { tls: tlsOf(identity) }),
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

const tlsOf = (folder: string): ClientOptions['tls'] & object => ({
  caFile: join(folder, 'ca.crt'),
  certFile: join(folder, 'user.crt'),
  keyFile: join(folder, 'user.key'),
});

/** How a host's agent connects: as itself, with an inbox of its own, so that its NATS user needs to hear no other host's replies. */
export const busOf = ({
  hostId,
  natsUrl: url,
  credentials,
  natsIdentity: identity,
}: Pick<Settings, 'hostId' | 'natsUrl' | 'credentials' | 'natsIdentity'>): ConnectionOptions => ({
  url,
  name: `vfleet-agent-${hostId}`,
  inboxPrefix: inboxOfHost(hostId),
  ...(credentials !== undefined && { credentials }),
  ...(identity !== undefined && { identity }),
});
