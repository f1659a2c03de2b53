import { freePort, serviceFlags } from '@vfleet/embedded';
import { publishHosts, until, type RunningProgram } from '@vfleet/testing';
import { projected } from '../projection.js';
import { Stage, type App, type KeptService } from '../stage.js';
import { idle } from '../under-fault.js';
import { beat } from './heartbeats.js';
import { VmTraffic } from './vm-traffic.js';

export const HOSTS = 100;
export const DEVICES_PER_HOST = 64;
/** Half of each host's devices at most are wanted at once, and as many may be on their way back. */
const VMS = 3_200;
const RUNNING = 1_600;
const HEARTBEAT_MS = 10_000;
/** As `npm start` runs its services. */
const FLAGS = { NODE_OPTIONS: serviceFlags().join(' ') };

/** Everything that runs for a fleet whose VMs come and go. */
export interface LoadedSystem {
  readonly stage: Stage;
  readonly services: Readonly<Record<'allocator' | 'inventory' | 'migrator', KeptService>>;
  readonly dashboard: RunningProgram;
  readonly dashboardUrl: string;
  /** Where the allocator tells its metrics. */
  readonly metricsUrl: string;
  readonly traffic: VmTraffic;
  readonly close: () => Promise<void>;
}

const startDashboard = async (stage: Stage): Promise<Pick<LoadedSystem, 'dashboard' | 'dashboardUrl'>> => {
  const port = await freePort();
  const dashboard = stage.start('dashboard', { ...FLAGS, VFLEET_DASHBOARD_PORT: String(port), VFLEET_DASHBOARD_READ_WITHOUT_TOKEN: 'true' });
  const dashboardUrl = `http://127.0.0.1:${port}/`;
  await until('the dashboard to be ready', async () => (await fetch(`${dashboardUrl}health/ready`)).ok, 120_000);
  return { dashboard, dashboardUrl };
};

/** Starts servers, services and a fleet of 100 hosts with 64 devices each, whose agents attest what is attached every ten seconds. */
export const openSystem = async (name: string, say: (message: string) => void, environment: NodeJS.ProcessEnv = {}): Promise<LoadedSystem> => {
  const stage = await Stage.open(name, say);
  const port = await freePort();
  const keep = (app: App, more: NodeJS.ProcessEnv = {}): Promise<KeptService> => stage.keepRunning(app, { ...FLAGS, ...environment, ...more });
  const allocator = await keep('allocator', { VFLEET_ALLOCATOR_HTTP_PORT: String(port) });
  const services = { allocator, inventory: await keep('inventory'), migrator: await keep('migrator') };
  const shown = await startDashboard(stage);
  await publishHosts(stage.nats, HOSTS, DEVICES_PER_HOST);
  await idle(stage);
  await projected(stage);
  const traffic = new VmTraffic({ nats: stage.nats, hosts: HOSTS, vms: VMS, running: RUNNING });
  const attesting = { hosts: HOSTS, devicesPerHost: DEVICES_PER_HOST, everyMs: HEARTBEAT_MS };
  const stopBeating = beat({ ...attesting, nats: stage.nats, attachedOn: (host) => traffic.attachedOn(host) });
  const close = (): Promise<void> => {
    stopBeating();
    traffic.pause();
    return stage.close();
  };
  return { stage, services, ...shown, metricsUrl: `http://127.0.0.1:${port}/metrics`, traffic, close };
};
