import { openTelemetry } from '@vfleet/telemetry';
import { pino } from 'pino';
import { AgentWatch } from './agent-watch.js';
import { connectPatiently } from './connection.js';
import { runAgent, type RunningAgent } from './run-agent.js';
import { simulatedConfiguration, simulatedNames } from './simulation/simulated-configuration.js';
import { watchEndedVms } from './simulation/ended-vms.js';
import { simulatedHost } from './simulation/simulated-host.js';
import { simulatedKernel } from './simulation/simulated-kernel.js';
import { fileBeside, stateFile } from './state-file.js';
import { untilStopped } from './stop-signals.js';
import { version } from './version.js';

const BAD_CONFIGURATION = 78;
const MAX_HOSTS = 9_999;

/** A fleet of simulated hosts in one process, for trying vfleet out without any hardware. */
const main = async (environment: NodeJS.ProcessEnv): Promise<number> => {
  const {
    VFLEET_SIM_HOSTS: hosts = '8',
    VFLEET_NATS_URL: url = 'nats://127.0.0.1:4222',
    VFLEET_SIM_STATE_DIR: folder = '.vfleet/simulation',
    VFLEET_AGENT_HTTP_PORT: httpPort = '',
    OTEL_EXPORTER_OTLP_ENDPOINT: otlpEndpoint = '',
  } = environment;
  const count = Number(hosts);
  if (!Number.isInteger(count) || count < 0 || count > MAX_HOSTS) {
    process.stderr.write(`VFLEET_SIM_HOSTS must be a whole number from 0 to ${MAX_HOSTS}\n`);
    return BAD_CONFIGURATION;
  }
  const telemetry = await openTelemetry({
    service: 'agent',
    version,
    logLevel: 'info',
    destination: pino.destination({ dest: 2, sync: true }),
    httpPort: httpPort === '' ? null : Number(httpPort),
    traces: otlpEndpoint !== '',
  });
  const { logger: log } = telemetry;
  const watch = new AgentWatch(telemetry);
  const stopped = untilStopped(environment['VFLEET_SUPERVISED'] === '1');
  const client = await Promise.race([connectPatiently({ url, name: 'vfleet-simulation' }, log), stopped]);
  if (typeof client === 'string') return 0;

  const agents: RunningAgent[] = [];
  for (let number = 1; number <= count; number += 1) {
    const configuration = simulatedConfiguration(number, url, folder);
    const kernel = simulatedKernel(fileBeside(configuration.stateFile, 'kernel.json'));
    const agent = await runAgent({
      configuration,
      hardware: simulatedHost(number, kernel),
      writer: kernel,
      names: simulatedNames,
      client,
      state: stateFile(configuration.stateFile, configuration.hostId),
      version,
      watch,
      log,
    });
    agent.reported.catch((error: Error) => log.warn({ hostId: configuration.hostId, err: error.message }, 'first report not finished'));
    agents.push(agent);
  }
  const ended = watchEndedVms(
    client,
    agents.map(({ hypervisor }) => hypervisor),
    log,
  );
  log.info({ hosts: count }, 'simulated fleet runs');
  const reason = await stopped;
  ended.stop();
  await Promise.all(agents.map((agent) => agent.stop(reason)));
  await client.close();
  await telemetry.close();
  return 0;
};

process.exit(await main(process.env));
