import { parseArgs } from 'node:util';
import { openTelemetry, type Telemetry } from '@vfleet/telemetry';
import { pino, type Logger } from 'pino';
import { AgentWatch } from './agent-watch.js';
import { readConfiguration, type Configuration, type ConfigurationFiles } from './configuration/config.js';
import { BadConfiguration } from './configuration/faults.js';
import { busOf, connectPatiently } from './connection.js';
import { systemNames } from './names.js';
import { liveAgent } from './live-agent.js';
import { NothingToScan } from './nothing-to-scan.js';
import { printObservations } from './print.js';
import { runAgent } from './run-agent.js';
import { stateFile } from './state-file.js';
import { untilStopped } from './stop-signals.js';
import { sysfsHardware } from './sysfs/scanner.js';
import { version } from './version.js';

/** Exit codes: those of `sysexits.h` where it has one. */
const DONE = 0;
const NOTHING_SCANNED = 1;
const USAGE = 64;
const UNAVAILABLE = 69;
const BAD_CONFIGURATION = 78;
/** How long `--once` waits for a NATS server. */
const ONCE_WAIT_MS = 30_000;

const USAGE_TEXT = `usage: agent [--config FILE] [--properties FILE] [--host-conf FILE] [--once | --print]

  --config FILE      settings, YAML; environment variables VFLEET_AGENT_… stand over them
  --properties FILE  names of devices: pci.devices=28:00.1|10GE,28:00.2|10GE
  --host-conf FILE   YAML with disable_custom_device
  --once             scan, publish, and exit
  --print            scan, write the observations as JSON lines, and exit; needs no NATS
`;

interface CommandLine extends ConfigurationFiles {
  readonly once: boolean;
  readonly print: boolean;
  readonly help: boolean;
}

const readCommandLine = (args: readonly string[]): CommandLine => {
  const file = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const options = { config: file, properties: file, 'host-conf': file, once: flag, print: flag, help: { ...flag, short: 'h' } } as const;
  const { 'host-conf': hostConf, ...values } = parseArgs({ args: [...args], options, strict: true }).values;
  if (values.once && values.print) throw new Error('--once and --print exclude each other');
  return { ...values, ...(hostConf !== undefined && { hostConf }) };
};

const main = async (args: readonly string[]): Promise<number> => {
  let commandLine: CommandLine;
  try {
    commandLine = readCommandLine(args);
  } catch (error) {
    process.stderr.write(`agent: ${(error as Error).message}\n${USAGE_TEXT}`);
    return USAGE;
  }
  if (commandLine.help) {
    process.stdout.write(USAGE_TEXT);
    return DONE;
  }
  try {
    const configuration = readConfiguration(commandLine, process.env);
    return commandLine.print ? print(configuration) : await run(commandLine, configuration);
  } catch (error) {
    if (!(error instanceof BadConfiguration) && !(error instanceof NothingToScan)) throw error;
    process.stderr.write(`${error.message}\n`);
    return error instanceof BadConfiguration ? BAD_CONFIGURATION : NOTHING_SCANNED;
  }
};

const NOT_ROOT = 'not root: the extended configuration space cannot be read, so devices are recognised without their serial numbers';
const isRoot = (): boolean => process.getuid?.() === 0;

const print = (configuration: Configuration): number => {
  if (!isRoot()) process.stderr.write(`${NOT_ROOT}\n`);
  printObservations(configuration, sysfsHardware(configuration), systemNames());
  return DONE;
};

const run = async (commandLine: CommandLine, configuration: Configuration): Promise<number> => {
  const telemetry = await open(configuration);
  const { logger: log } = telemetry;
  const { hostId } = configuration;
  if (!isRoot()) log.warn({ hostId }, NOT_ROOT);
  sysfsHardware(configuration).scan();
  const stopped = untilStopped(process.env['VFLEET_SUPERVISED'] === '1');
  const { once: _, print: __, help: ___, ...files } = commandLine;
  if (commandLine.once) return reportOnce(configuration, stopped, log);
  const watch = new AgentWatch(telemetry);
  await liveAgent(configuration, { files, environment: process.env, names: systemNames(), version, stopped, watch, log });
  await telemetry.close();
  return DONE;
};

/** Logs go to standard error: standard output is for what was asked for. */
const open = ({ httpHost, httpPort }: Configuration): Promise<Telemetry> =>
  openTelemetry({
    service: 'agent',
    version,
    commit: process.env['VFLEET_COMMIT'],
    logLevel: 'info',
    destination: pino.destination({ dest: 2, sync: true }),
    httpHost,
    httpPort,
    traces: Boolean(process.env['OTEL_EXPORTER_OTLP_ENDPOINT']),
  });

const reportOnce = async (configuration: Configuration, stopped: Promise<string>, log: Logger): Promise<number> => {
  const { hostId, stateFile: path } = configuration;
  try {
    const client = await Promise.race([connectPatiently({ ...busOf(configuration), longestWaitMs: ONCE_WAIT_MS }, log), stopped]);
    if (typeof client === 'string') return DONE;
    const parts = { configuration, hardware: sysfsHardware(configuration), names: systemNames(), client, state: stateFile(path, hostId) };
    const agent = await runAgent({ ...parts, version, log }, true);
    await Promise.race([agent.reported.then(() => agent.stop('done')), stopped]);
    await client.close();
    return DONE;
  } catch (error) {
    if ((error as { readonly status?: number }).status === undefined) throw error;
    process.stderr.write(`${(error as Error).message}\n`);
    return UNAVAILABLE;
  }
};

process.exit(await main(process.argv.slice(2)));
