import { connect, type NatsConnection } from '@nats-io/transport-node';
import { parseNatsUrl } from '@vfleet/contracts/endpoint';
import { keptSecret } from '@vfleet/embedded';
import type { Config } from './config.js';
import { portFor, untilServed, urlOf } from './dashboard.js';
import { openDataDirectory, type DataDirectory, type Endpoints } from './data-directory.js';
import type { Kept } from './keep-running.js';
import { rotateLogs } from './log-rotation.js';
import { metricsPorts, publishTargets } from './metrics-targets.js';
import { startServers, type Say, type Servers } from './servers.js';
import { serviceLogs, startServices, untilReady } from './services.js';
import { untilFleetReported } from './simulated-fleet.js';

const AWAKE_MS = 60_000;

/**
 * Starts everything and keeps it running until `stopped` is aborted; then stops everything that it started, the
 * services before the servers that they stand on.
 * @throws ServerStartError, AlreadyRunning, and what keeps a service from being ready
 */
export const supervise = async (config: Config, stopped: AbortSignal, say: Say, ready: (endpoints: Endpoints) => void): Promise<void> => {
  const data = await openDataDirectory(config.dataDir);
  const undo: (() => unknown)[] = [data.release];
  // The servers are made so that they keep no process awake; this one has to see them stop.
  const awake = setInterval(() => undefined, AWAKE_MS);
  try {
    await run(config, data, { stopped, say, ready, undo });
  } catch (error) {
    if (!stopped.aborted) throw error;
  } finally {
    for (const step of [data.leave, ...undo.reverse()]) await attempt(step, say);
    clearInterval(awake);
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
  const dashboardPort = await portFor(config.httpPort);
  const servers = await startServers(config, data, say);
  undo.push(() => stopAll(servers.kept));
  stopped.throwIfAborted();

  say('starting the services');
  const tokenFile = data.path('dashboard-token');
  await keptSecret(tokenFile);
  const ports = await metricsPorts();
  const services = startServices(config, { ...servers, dashboardPort, tokenFile, ports }, data, (message) => stopped.aborted || say(message));
  undo.push(() => stopAll(services));
  undo.push(rotateLogs([...serviceLogs(config, data), data.path('postgres', 'server.log'), data.path('nats', 'server.log')]));

  const nats = await connectTo(servers);
  undo.push(() => nats.close());
  const httpUrl = urlOf(dashboardPort);
  await Promise.all([untilReady(nats, stopped, say), untilServed(httpUrl, stopped)]);
  await untilFleetReported(nats, config.simulatedHosts, stopped, say);
  const endpoints = { natsUrl: servers.natsUrl, pgUrl: servers.pgUrl, httpUrl, pid: process.pid };
  undo.push(publishTargets(data.path('prometheus-targets.json'), ports));
  data.publish(endpoints);
  ready(endpoints);
  await untilAborted(stopped);
  say('stopping');
};

const stopAll = (kept: readonly Kept[]): Promise<unknown> => Promise.all(kept.map((each) => each.stop()));

const connectTo = ({ natsUrl }: Servers): Promise<NatsConnection> =>
  connect({ ...parseNatsUrl(natsUrl), name: 'vfleet-supervisor', maxReconnectAttempts: -1, reconnectTimeWait: 200 });

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
