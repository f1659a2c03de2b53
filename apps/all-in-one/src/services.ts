import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Config } from './config.js';
import type { DataDirectory } from './data-directory.js';
import { keepRunning, type Kept } from './keep-running.js';
import type { Say, Servers } from './servers.js';
import { ServiceProcess } from './service-process.js';

interface Service {
  readonly name: string;
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
const SIMULATED_FLEET: Service = { name: 'simulated-fleet', program: 'host-agent/dist/simulate.js' };

const APPS = new URL('../../', import.meta.url);
/** A first start migrates the database and reads the journal. */
const READY_MS = 180_000;
const PING_MS = 1_000;
const PAUSE_MS = 50;

const servicesFor = ({ simulatedHosts }: Config): readonly Service[] => (simulatedHosts > 0 ? [...SERVICES, SIMULATED_FLEET] : SERVICES);

/** Where the services write. */
export const serviceLogs = (config: Config, data: DataDirectory): string[] => servicesFor(config).map(({ name }) => data.path('logs', `${name}.log`));

export const startServices = (config: Config, { pgUrl, natsUrl }: Servers, data: DataDirectory, say: Say): Kept[] => {
  const environment = {
    VFLEET_PG_URL: pgUrl,
    VFLEET_NATS_URL: natsUrl,
    VFLEET_SIM_HOSTS: String(config.simulatedHosts),
    VFLEET_SIM_STATE_DIR: data.path('simulated'),
  };
  return servicesFor(config).map(({ name, program }) => {
    const logFile = data.path('logs', `${name}.log`);
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
      if (Date.now() > deadline) throw new Error(`${name} does not answer after ${READY_MS / 1000} s: ${(error as Error).message}`, { cause: error });
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
