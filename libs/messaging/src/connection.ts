import { join } from 'node:path';
import { connect, type NatsConnection, type TlsOptions } from '@nats-io/transport-node';

export interface ConnectionOptions {
  readonly servers: string[];
  readonly user?: string;
  readonly pass?: string;
  readonly token?: string;
  /** Nothing is said in the clear where it is there. `host`: what the server's certificate has to name. */
  readonly tls?: { readonly caFile?: string; readonly host?: string };
  /** Shown in the server's connection list. */
  readonly name: string;
  /** Where replies arrive; `_INBOX` where not said. */
  readonly inboxPrefix?: string;
  /** Folder with `ca.crt`, `user.crt` and `user.key`: whom to trust, and what to show of oneself. Then nothing goes out without TLS. */
  readonly identity?: string;
  /** Whether to wait for a server that is not there yet, which nobody can call off; true where not said. */
  readonly waitForServer?: boolean;
}

const RECONNECT_WAIT_MS = 200;
const PING_INTERVAL_MS = 5_000;

/** A connection that keeps trying for ever: a server that is away is a passing condition, never a reason to stop. */
export const connectNats = ({ waitForServer = true, inboxPrefix = '_INBOX', identity, ...options }: ConnectionOptions): Promise<NatsConnection> =>
  connect({
    ...options,
    ...(identity !== undefined && { tls: { ...options.tls, ...tlsOf(identity) } }),
    maxReconnectAttempts: -1,
    reconnectTimeWait: RECONNECT_WAIT_MS,
    pingInterval: PING_INTERVAL_MS,
    waitOnFirstConnect: waitForServer,
    inboxPrefix,
    // A stack kept for each request and each published message would cost the relay a tenth of its time.
    noAsyncTraces: true,
    // A user that is not known for a moment, as while certificates are renewed, is a passing condition too.
    ignoreAuthErrorAbort: true,
  });

/** The files are read at each connection: renewed ones are used from the next on. */
const tlsOf = (folder: string): TlsOptions => ({
  caFile: join(folder, 'ca.crt'),
  certFile: join(folder, 'user.crt'),
  keyFile: join(folder, 'user.key'),
});
