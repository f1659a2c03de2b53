import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { NatsConnection } from '@nats-io/transport-node';
import { SIMULATION } from '@vfleet/contracts/bus-permissions';
import { explainStart } from '@vfleet/embedded';
import type { Config } from './config.js';
import type { DataDirectory } from './data-directory.js';
import { keepRunning, type Kept } from './keep-running.js';
import type { Say, Servers } from './servers.js';
import { metricsEnvironment, type MetricsPorts } from './metrics-targets.js';
import { ServiceProcess } from './service-process.js';

interface Service {
  readonly name: string;
  /** Who it is on the bus; its name where not said. */
  readonly user?: string;
  /** Below `apps`. */
  readonly program: string;
  /** The micro service that answers once it is ready; undefined for one that nobody waits for. */
  readonly answersAs?: string;
}

const SERVICES: readonly Service[] = [
  { name: 'allocator', program: 'allocator/dist/main.js', answersAs: 'vfleet-allocator' },
  { name: 'inventory', program: 'inventory/dist/main.js', answersAs: 'vfleet-inventory' },
  { name: 'migrator', program: 'migrator/dist/main.js', answersAs: 'vfleet-migrator' },
];
const DASHBOARD: Service = { name: 'dashboard', program: 'dashboard/dist/main.js' };
const SIMULATED_FLEET: Service = { name: 'simulated-fleet', user: SIMULATION, program: 'host-agent/dist/simulate.js' };

const APPS = new URL('../../', import.meta.url);
/** A first start migrates the database and reads the journal. */
const READY_MS = 180_000;
const PING_MS = 1_000;
const PAUSE_MS = 50;

const servicesFor = ({ simulatedHosts }: Config): readonly Service[] => [...SERVICES, DASHBOARD, ...(simulatedHosts > 0 ? [SIMULATED_FLEET] : [])];

/** Where the services write. */
export const serviceLogs = (config: Config, data: DataDirectory): string[] => servicesFor(config).map(({ name }) => data.path('logs', `${name}.log`));

/** What the services are started with beside the settings. */
export interface Given extends Servers {
  readonly dashboardPort: number;
  readonly tokenFile: string;
  readonly ports: MetricsPorts;
}

export const startServices = (config: Config, given: Given, data: DataDirectory, say: Say): Kept[] => {
  const { pgUrl, natsUrlFor, hostsAreUsers, dashboardPort, tokenFile, ports } = given;
  const shared = {
    VFLEET_PG_URL: pgUrl,
    VFLEET_SIM_HOSTS: String(config.simulatedHosts),
    VFLEET_SIM_HOSTS_ARE_USERS: String(hostsAreUsers),
    VFLEET_SIM_STATE_DIR: data.path('simulated'),
    ...metricsEnvironment(ports),
    VFLEET_DASHBOARD_HOST: '127.0.0.1',
    VFLEET_DASHBOARD_PORT: String(dashboardPort),
    VFLEET_DASHBOARD_TOKEN_FILE: tokenFile,
    VFLEET_DASHBOARD_READ_WITHOUT_TOKEN: String(config.readWithoutToken),
  };
  return servicesFor(config).map(({ name, user = name, program }) => {
    const logFile = data.path('logs', `${name}.log`);
    const environment = { ...shared, VFLEET_NATS_URL: natsUrlFor(user) };
    const process = new ServiceProcess({ file: fileURLToPath(new URL(program, APPS)), environment, logFile });
    return keepRunning(name, process, (message) => say(`${message}; it writes to ${logFile}`));
  });
};

const untilAnswers = async (nats: NatsConnection, name: string, give: AbortSignal): Promise<void> => {
  const deadline = Date.now() + READY_MS;
  for (;;) {
    try {
      await nats.request(`$SRV.PING.${name}`, '', { timeout: PING_MS });
      return;
    } catch (error) {
      if (Date.now() > deadline)
        throw explainStart(
          name,
          `it does not answer after ${READY_MS / 1000} s (${(error as Error).message}); its log is in the data directory, below logs`,
          error,
        );
    }
    await delay(PAUSE_MS, undefined, { signal: give });
  }
};

/** Waits until every service answers as a NATS micro service, which it does when it is ready for work. */
export const untilReady = async (nats: NatsConnection, stopped: AbortSignal, say: Say): Promise<void> => {
  const waits = SERVICES.map(async ({ name, answersAs }) => {
    if (answersAs === undefined) return;
    await untilAnswers(nats, answersAs, stopped);
    say(`${name} is ready`);
  });
  await Promise.all(waits);
};
