import type { VfleetClient } from '@vfleet/client';
import type { Logger } from 'pino';
import { isSameFoundation, type Configuration, type ConfigurationFiles } from './configuration/config.js';
import type { AgentWatch } from './agent-watch.js';
import { watchConfiguration } from './configuration/watch-configuration.js';
import { busOf, connectPatiently } from './connection.js';
import type { PciNames } from './domain/observe.js';
import { sysfsWriter } from './kernel/sysfs-writer.js';
import { NothingToScan } from './nothing-to-scan.js';
import { runAgent, type RunningAgent } from './run-agent.js';
import { stateFile } from './state-file.js';
import { sysfsHardware } from './sysfs/scanner.js';

export interface LiveAgentOptions {
  readonly files: ConfigurationFiles;
  readonly environment: NodeJS.ProcessEnv;
  readonly names: PciNames;
  readonly version: string;
  /** Resolves with the reason when the agent is to stop. */
  readonly stopped: Promise<string>;
  readonly watch?: AgentWatch;
  readonly log: Logger;
}

/**
 * Runs a host's agent until it is stopped, and takes on each change of its configuration meanwhile: names, tags and rhythm
 * as it runs; what it is built on by starting anew in the same process. A configuration that cannot be used changes nothing.
 */
export const liveAgent = async (first: Configuration, options: LiveAgentOptions): Promise<void> => {
  const { files, environment, stopped, log } = options;
  // What the agent runs under, and what it is to run under next.
  let current = first;
  let wanted = first;
  let agent: RunningAgent | undefined;
  let replace: (next: Configuration) => void = () => {};
  const watch = watchConfiguration(files, environment, {
    changed: (next) => {
      if (agent && isSameFoundation(current, next)) {
        log.info({ hostId: next.hostId }, 'configuration taken on');
        agent.reconfigure(next).catch((error: Error) => log.error({ hostId: next.hostId, err: error.message }, 'configuration not carried out'));
        current = wanted = next;
      } else if (canBeScanned(next, log)) replace((wanted = next));
    },
    refused: ({ faults }) => log.error({ hostId: current.hostId, faults }, 'configuration refused, the last good one stays in force'),
  });
  const reload = (): void => watch.reload();
  process.on('SIGHUP', reload);
  try {
    for (let reason: string | undefined; reason === undefined;) {
      const replaced = new Promise<Configuration>((resolve) => (replace = resolve));
      const ended = await liveUnder(current, options, Promise.race([stopped, replaced]), (running) => (agent = running));
      agent = undefined;
      if (typeof ended === 'string') reason = ended;
      else {
        log.info({ hostId: wanted.hostId }, 'starting anew under another configuration');
        current = wanted;
      }
    }
  } finally {
    process.off('SIGHUP', reload);
    watch.stop();
  }
};

/** Runs until it is stopped, or to be replaced: why. */
const liveUnder = async <Ended extends string | Configuration>(
  configuration: Configuration,
  { names, version, watch, log }: LiveAgentOptions,
  ended: Promise<Ended>,
  running: (agent: RunningAgent) => void,
): Promise<Ended> => {
  const { hostId, stateFile: path } = configuration;
  const gaveUp = new AbortController();
  const connecting = connectPatiently({ ...busOf(configuration), signal: gaveUp.signal }, log);
  const client = await Promise.race([connecting, ended.then(() => undefined)]);
  if (!client) {
    gaveUp.abort();
    void connecting.then(close, () => {});
    return ended;
  }
  try {
    const agent = await runAgent({
      configuration,
      hardware: sysfsHardware(configuration),
      writer: sysfsWriter(configuration.sysfsRoot),
      names,
      client,
      state: stateFile(path, hostId),
      version,
      ...(watch && { watch }),
      log,
    });
    running(agent);
    const why = await Promise.race([ended, agent.reported.then(() => ended)]);
    await agent.stop(typeof why === 'string' ? why : 'another configuration');
    return why;
  } finally {
    await client.close();
  }
};

const close = (client: VfleetClient): Promise<void> => client.close();

const canBeScanned = (configuration: Configuration, log: Logger): boolean => {
  try {
    sysfsHardware(configuration).scan();
    return true;
  } catch (error) {
    if (!(error instanceof NothingToScan)) throw error;
    log.error({ hostId: configuration.hostId, err: error.message }, 'configuration refused, the last good one stays in force');
    return false;
  }
};
