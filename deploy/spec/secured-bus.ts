import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect, type NatsConnection, type Status } from '@nats-io/transport-node';
import { inboxOfHost } from '@vfleet/contracts';
import { findNatsServer, freePort } from '@vfleet/embedded';
import { aFolder, until } from '@vfleet/testing';
import { add, folderOf, initialise, type GuestUser } from '../../apps/cli/src/security/bus-folder.js';
import type { BusUser } from '../../apps/cli/src/security/secured-server.js';

const LOOPBACK = '127.0.0.1';
const REFUSED_MS = 5_000;

/** A NATS server on the configuration that `vfleet security` makes. */
export interface SecuredBus {
  /** What `vfleet security --folder` is given. */
  readonly folder: string;
  readonly port: number;
  readonly url: string;
  readonly pidFile: string;
  /** Where a user's program finds its certificate. */
  readonly identity: (user: BusUser) => string;
  /** Connects as a user, with that user's inbox unless told otherwise. */
  readonly connectAs: (user: BusUser, options?: { readonly inboxPrefix?: string; readonly folder?: string }) => Promise<NatsConnection>;
  /** What the server has refused since it was started, as its log has it. */
  readonly violations: () => readonly string[];
  readonly close: () => Promise<void>;
}

export const service = (name: string): BusUser => ({ kind: 'service', name });
export const host = (name: string): GuestUser => ({ kind: 'host', name });
export const tenant = (name: string): GuestUser => ({ kind: 'tenant', name });
export const inboxOf = ({ kind, name }: BusUser): string => (kind === 'host' ? inboxOfHost(name) : kind === 'tenant' ? '_INBOX' : `_INBOX.${name}`);

export const aSecuredBus = async (hosts: readonly string[], tenants: readonly string[] = []): Promise<SecuredBus> => {
  const scratch = aFolder('secured-bus');
  const folder = join(scratch, 'bus');
  const port = await freePort();
  const pidFile = join(scratch, 'nats-server.pid');
  const at = join(folder, 'server');
  await initialise(folder, { serverNames: ['localhost', LOOPBACK], host: LOOPBACK, port, storeDir: join(scratch, 'store'), pidFile, at, days: 30 });
  for (const guest of [...hosts.map(host), ...tenants.map(tenant)]) await add(folder, guest);
  const server = spawn(await findNatsServer(), ['--config', join(at, 'nats-server.conf'), '--log', join(scratch, 'server.log')], { stdio: 'ignore' });
  const ended = once(server, 'exit');
  const identity = (user: BusUser): string => folderOf(folder, user);
  const violations = (): readonly string[] =>
    readFileSync(join(scratch, 'server.log'), 'utf8')
      .split('\n')
      .filter((line) => /violation/i.test(line));
  const connectAs: SecuredBus['connectAs'] = (user, { inboxPrefix = inboxOf(user), folder: shown = identity(user) } = {}) =>
    connect({ servers: `tls://${LOOPBACK}:${port}`, inboxPrefix, tls: tlsOf(shown), timeout: REFUSED_MS, reconnect: false });
  await until('the server to be there', async () => (await connectAs(service('operator'))).close().then(() => true)).catch(async (error: unknown) => {
    await stop(server, ended);
    throw error;
  });
  return { folder, port, url: `tls://${LOOPBACK}:${port}`, pidFile, identity, connectAs, violations, close: () => stop(server, ended) };
};

const stop = async (server: ChildProcess, ended: Promise<unknown>): Promise<void> => {
  server.kill('SIGTERM');
  await ended;
};

export const tlsOf = (folder: string): { readonly ca: string; readonly cert: string; readonly key: string } => ({
  ca: readFileSync(join(folder, 'ca.crt'), 'utf8'),
  cert: readFileSync(join(folder, 'user.crt'), 'utf8'),
  key: readFileSync(join(folder, 'user.key'), 'utf8'),
});

/** Whether the server takes what a user publishes; it says no at once, and what it does not refuse before the next answer it has taken. */
export const mayPublish = async (nats: NatsConnection, subject: string): Promise<boolean> =>
  (await refusals(nats, () => nats.publish(subject, '{}'))).length === 0;

/** What the server refuses of an act, said before its next answer. */
export const refusals = async (nats: NatsConnection, act: () => unknown): Promise<readonly string[]> => {
  const refused: string[] = [];
  const statuses = nats.status() as AsyncIterable<Status> & { readonly stop: () => void };
  const watching = (async () => {
    for await (const status of statuses) if (status.type === 'error') refused.push(status.error.message);
  })();
  act();
  await nats.flush();
  statuses.stop();
  await watching;
  return refused;
};

/** Whether a user may subscribe. */
export const mayHear = async (nats: NatsConnection, subject: string): Promise<boolean> => {
  let refused = false;
  const subscription = nats.subscribe(subject, { callback: (error) => void (refused ||= error !== null) });
  await nats.flush();
  subscription.unsubscribe();
  return !refused;
};
