import { connect, type NatsConnection, type Status } from '@nats-io/transport-node';
import { findNatsServer, freePort } from '@vfleet/embedded';
import { aProgram, until } from '@vfleet/testing';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Stage } from './stage.js';

/** A NATS server on the configuration that `vfleet security` makes. */
export interface SecuredBus {
  /** As whoever has the files of a host's agent. */
  readonly connectAs: (hostId: string) => Promise<NatsConnection>;
}

const LOOPBACK = '127.0.0.1';

const vfleet = async (...args: readonly string[]): Promise<void> => {
  const program = aProgram('cli', ['security', ...args]);
  if ((await program.ended) !== 0) throw new Error(`vfleet security ${args[0]}: ${program.said()}`);
};

/** @param change what a control makes of the configuration */
export const aSecuredBus = async (
  stage: Stage,
  hosts: readonly string[],
  change: (configuration: string) => string = (text) => text,
): Promise<SecuredBus> => {
  const folder = join(stage.folder, 'bus');
  const port = await freePort();
  const inStage = ['--folder', folder];
  await vfleet(
    'init',
    ...inStage,
    '--listen',
    `${LOOPBACK}:${port}`,
    '--store',
    join(stage.folder, 'store'),
    '--pid',
    join(stage.folder, 'nats.pid'),
  );
  for (const hostId of hosts) await vfleet('host', 'add', hostId, ...inStage);
  const configuration = join(folder, 'server/nats-server.conf');
  writeFileSync(configuration, change(readFileSync(configuration, 'utf8')));
  const server = spawn(await findNatsServer(), ['--config', configuration], { stdio: 'ignore' });
  const ended = once(server, 'exit');
  stage.onClose(async () => {
    server.kill('SIGTERM');
    await ended;
  });
  const connectAs = async (hostId: string): Promise<NatsConnection> => {
    const read = (name: string): string => readFileSync(join(folder, 'hosts', hostId, name), 'utf8');
    const tls = { ca: read('ca.crt'), cert: read('user.crt'), key: read('user.key') };
    return connect({ servers: `tls://${LOOPBACK}:${port}`, inboxPrefix: `_INBOX_${hostId}`, tls, reconnect: false });
  };
  await until('the secured server to let a host in', async () => (await connectAs(hosts[0] ?? '')).close().then(() => true));
  return { connectAs };
};

/** What the server refuses of an act, said before its next answer. */
const refusals = async (nats: NatsConnection, act: () => unknown): Promise<number> => {
  let refused = 0;
  const statuses = nats.status() as AsyncIterable<Status> & { readonly stop: () => void };
  const watching = (async () => {
    for await (const status of statuses) if (status.type === 'error') refused += 1;
  })();
  act();
  await nats.flush();
  statuses.stop();
  await watching;
  return refused;
};

/** Whether the server lets a connection publish to a subject, or subscribe to it. */
export const isAllowed = async (nats: NatsConnection, act: 'publish' | 'subscribe', subject: string): Promise<boolean> => {
  if (act === 'publish') return (await refusals(nats, () => nats.publish(subject, '{}'))) === 0;
  let refused = false;
  const subscription = nats.subscribe(subject, { callback: (error) => void (refused ||= error !== null) });
  const errors = await refusals(nats, () => undefined);
  subscription.unsubscribe();
  return !refused && errors === 0;
};
