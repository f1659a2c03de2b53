import type { VfleetClient } from '@vfleet/client';
import { SIMULATION_INBOX } from '@vfleet/contracts';
import { openTelemetry } from '@vfleet/telemetry';
import { pino, type Logger } from 'pino';
import { AgentWatch } from './agent-watch.js';
import { busOf, connectPatiently } from './connection.js';
import { runAgent, type RunningAgent } from './run-agent.js';
import { simulatedConfiguration, simulatedNames } from './simulation/simulated-configuration.js';
import { BadSettings, readSimulationSettings, urlAs, type SimulationSettings } from './simulation/simulation-settings.js';
import { watchEndedVms } from './simulation/ended-vms.js';
import { simulatedHost } from './simulation/simulated-host.js';
import { simulatedKernel } from './simulation/simulated-kernel.js';
import { fileBeside, stateFile } from './state-file.js';
import { untilStopped } from './stop-signals.js';
import { version } from './version.js';

const BAD_CONFIGURATION = 78;
/** Hosts that are telling of themselves for the first time at once. */
const MOST_STARTING = 64;

/** What the hosts have in common. */
interface Fleet {
  readonly settings: SimulationSettings;
  readonly client: VfleetClient;
  readonly stopping: AbortSignal;
  readonly watch: AgentWatch;
  readonly log: Logger;
}

interface PlayedHost {
  readonly agent: RunningAgent;
  /** Resolves when the host has told of itself, or has given it up. */
  readonly told: Promise<void>;
  readonly stop: (reason: string) => Promise<void>;
}

const play = async (number: number, { settings, client, stopping, watch, log }: Fleet): Promise<PlayedHost> => {
  const { natsUrl, hostsAreUsers, folder, vfs } = settings;
  const configuration = simulatedConfiguration(number, natsUrl, folder);
  const { hostId, stateFile: file } = configuration;
  const own = hostsAreUsers ? await connectPatiently({ ...busOf({ hostId, natsUrl: urlAs(hostId, natsUrl) }), signal: stopping }, log) : undefined;
  const kernel = simulatedKernel(fileBeside(file, 'kernel.json'), vfs);
  const agent = await runAgent({
    configuration,
    hardware: simulatedHost(number, kernel),
    writer: kernel,
    names: simulatedNames,
    client: own ?? client,
    state: stateFile(file, hostId),
    version,
    watch,
    log,
  });
  const told = agent.reported.catch((error: Error) => log.warn({ hostId, err: error.message }, 'first report not finished'));
  return {
    agent,
    told,
    stop: async (reason) => {
      await agent.stop(reason);
      await own?.close();
    },
  };
};

/** A fleet of simulated hosts in one process, for trying vfleet out without any hardware. */
const simulate = async (settings: SimulationSettings, supervised: boolean): Promise<void> => {
  const { natsUrl: url, hosts, httpPort, traces } = settings;
  const destination = pino.destination({ dest: 2, sync: true });
  const telemetry = await openTelemetry({ service: 'agent', version, logLevel: 'info', destination, httpPort, traces });
  const { logger: log } = telemetry;
  const watch = new AgentWatch(telemetry);
  const stopped = untilStopped(supervised);
  const stopping = new AbortController();
  void stopped.then(() => stopping.abort());
  const client = await Promise.race([connectPatiently({ url, name: 'vfleet-simulation', inboxPrefix: SIMULATION_INBOX }, log), stopped]);
  if (typeof client === 'string') return;

  const fleet = { settings, client, stopping: stopping.signal, watch, log };
  const played: PlayedHost[] = [];
  const starting = new Set<Promise<void>>();
  for (let number = 1; number <= hosts && !stopping.signal.aborted; number += 1) {
    const host = await play(number, fleet).catch((error: unknown) => {
      if (!stopping.signal.aborted) throw error;
    });
    if (!host) continue;
    played.push(host);
    const told = host.told.finally(() => starting.delete(told));
    starting.add(told);
    if (starting.size >= MOST_STARTING) await Promise.race([stopped, ...starting]);
  }
  const ended = watchEndedVms(
    client,
    played.map(({ agent }) => agent.hypervisor),
    log,
  );
  log.info({ hosts }, 'simulated fleet runs');
  const reason = await stopped;
  ended.stop();
  await Promise.all(played.map((host) => host.stop(reason)));
  await client.close();
  await telemetry.close();
};

const main = async (environment: NodeJS.ProcessEnv): Promise<number> => {
  try {
    await simulate(readSimulationSettings(environment), environment['VFLEET_SUPERVISED'] === '1');
    return 0;
  } catch (error) {
    if (!(error instanceof BadSettings)) throw error;
    process.stderr.write(`${error.message}\n`);
    return BAD_CONFIGURATION;
  }
};

process.exit(await main(process.env));
