import { connect, type NatsConnection } from '@nats-io/transport-node';
import { parseNatsUrl } from '@vfleet/contracts/endpoint';
import type { Config } from './config.js';
import { openDataDirectory, type DataDirectory, type Endpoints } from './data-directory.js';
import type { Kept } from './keep-running.js';
import { rotateLogs } from './log-rotation.js';
import { startServers, type Say, type Servers } from './servers.js';
import { serviceLogs, startServices, untilReady } from './services.js';
import { untilFleetReported } from './simulated-fleet.js';
import { serveStatusPage } from './status-page.js';

const STATUS_MS = 1_000;

/**
 * Starts everything and keeps it running until `stopped` is aborted; then stops everything that it started, the
 * services before the servers that they stand on.
 * @throws ServerStartError, AlreadyRunning, and what keeps a service from being ready
 */
export const supervise = async (config: Config, stopped: AbortSignal, say: Say, ready: (endpoints: Endpoints) => void): Promise<void> => {
  const data = await openDataDirectory(config.dataDir);
  const undo: (() => unknown)[] = [data.release];
  try {
    await run(config, data, { stopped, say, ready, undo });
  } catch (error) {
    if (!stopped.aborted) throw error;
  } finally {
    for (const step of [data.leave, ...undo.reverse()]) await attempt(step, say);
  }
};

/** One thing that cannot be undone keeps nothing else from being undone. */
const attempt = async (step: () => unknown, say: Say): Promise<void> => {
  try {
    await step();
  } catch (error) {
    say((error as Error).message);
  }
};

interface Run {
  readonly stopped: AbortSignal;
  readonly say: Say;
  readonly ready: (endpoints: Endpoints) => void;
  /** What has to be done at the end, last one first. */
  readonly undo: (() => unknown)[];
}

const run = async (config: Config, data: DataDirectory, { stopped, say, ready, undo }: Run): Promise<void> => {
  const status: { ready: boolean; processes: Kept[]; nats?: NatsConnection } = { ready: false, processes: [] };
  const page = await serveStatusPage(config.httpPort, () => ({ ...status, system: async () => systemStatus(status.nats) }));
  undo.push(page.close);

  const servers = await startServers(config, data, say);
  status.processes.push(...servers.kept);
  undo.push(() => stopAll(servers.kept));
  stopped.throwIfAborted();

  say('starting the services');
  const services = startServices(config, servers, data, (message) => stopped.aborted || say(message));
  status.processes.push(...services);
  undo.push(() => stopAll(services));
  undo.push(rotateLogs([...serviceLogs(config, data), data.path('postgres', 'server.log'), data.path('nats', 'server.log')]));

  status.nats = await connectTo(servers);
  undo.push(() => status.nats?.close());
  await untilReady(status.nats, stopped, say);
  await untilFleetReported(status.nats, config.simulatedHosts, stopped, say);
  status.ready = true;
  const endpoints = { natsUrl: servers.natsUrl, pgUrl: servers.pgUrl, httpUrl: page.url, pid: process.pid };
  data.publish(endpoints);
  ready(endpoints);
  await untilAborted(stopped);
  say('stopping');
};

const stopAll = (kept: readonly Kept[]): Promise<unknown> => Promise.all(kept.map((each) => each.stop()));

const connectTo = ({ natsUrl }: Servers): Promise<NatsConnection> =>
  connect({ ...parseNatsUrl(natsUrl), name: 'vfleet-supervisor', maxReconnectAttempts: -1, reconnectTimeWait: 200 });

const systemStatus = async (nats: NatsConnection | undefined): Promise<unknown> => {
  try {
    return (await nats?.request('vfleet.api.system.status', '{}', { timeout: STATUS_MS }))?.json();
  } catch {
    return undefined;
  }
};

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
