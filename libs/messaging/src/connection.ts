import { connect, type NatsConnection } from '@nats-io/transport-node';

export interface ConnectionOptions {
  readonly servers: string[];
  readonly user?: string;
  readonly pass?: string;
  readonly token?: string;
  /** Nothing is said in the clear where it is there. `host`: what the server's certificate has to name. */
  readonly tls?: { readonly caFile?: string; readonly host?: string };
  /** Shown in the server's connection list. */
  readonly name: string;
  /** Whether to wait for a server that is not there yet, which nobody can call off; true where not said. */
  readonly waitForServer?: boolean;
}

const RECONNECT_WAIT_MS = 200;
const PING_INTERVAL_MS = 5_000;

/** A connection that keeps trying for ever: a server that is away is a passing condition, never a reason to stop. */
export const connectNats = ({ waitForServer = true, ...options }: ConnectionOptions): Promise<NatsConnection> =>
  connect({
    ...options,
    maxReconnectAttempts: -1,
    reconnectTimeWait: RECONNECT_WAIT_MS,
    pingInterval: PING_INTERVAL_MS,
    waitOnFirstConnect: waitForServer,
    inboxPrefix: '_INBOX',
    // A stack kept for each request and each published message would cost the relay a tenth of its time.
    noAsyncTraces: true,
  });
