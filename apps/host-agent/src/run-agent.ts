import type { VfleetClient } from '@vfleet/client';
import { ProbeHost, type HostProbed } from '@vfleet/contracts';
import type { Logger } from 'pino';
import { serveCommands } from './commands/serve-commands.js';
import type { Configuration } from './configuration/config.js';
import type { Hardware } from './domain/hardware.js';
import type { PciNames, SeenDevice } from './domain/observe.js';
import type { AgentWatch } from './agent-watch.js';
import { assembleAgent } from './assemble-agent.js';
import { askKnownDevices } from './known-devices.js';
import { reads, serve } from './endpoint.js';
import type { HypervisorDriver } from './hypervisor/driver.js';
import type { SysfsWriter } from './kernel/sysfs-writer.js';
import { PublisherStopped } from './publisher.js';
import { routine } from './routine.js';
import { StateLost, type StateFile } from './state-file.js';

export interface RunOptions {
  readonly configuration: Configuration;
  readonly hardware: Hardware;
  readonly names: PciNames;
  readonly client: VfleetClient;
  readonly state: StateFile;
  /** Asks the kernel for changes; without it the agent only looks. */
  readonly writer?: SysfsWriter;
  readonly version: string;
  /** Told of what the agent does. */
  readonly watch?: AgentWatch;
  readonly log: Logger;
}

export interface RunningAgent {
  /** Resolves when the bus has the first report; rejects when the agent was stopped before. */
  readonly reported: Promise<void>;
  readonly hypervisor: HypervisorDriver;
  /** Goes on under another configuration with the same foundation. */
  reconfigure(configuration: Configuration): Promise<void>;
  /** Tells that the host goes offline, as far as the bus takes it within a moment. */
  stop(reason: string): Promise<void>;
}

/** How long the last words may take. */
const FAREWELL_MS = 3_000;

/** Runs one host's agent: a first report, then heartbeats, rescans, probes and commands. @throws NothingToScan */
export const runAgent = async (options: RunOptions, once = false): Promise<RunningAgent> => {
  const { configuration, client, log } = options;
  const { hostId } = configuration;
  const began = performance.now();
  const scan = options.hardware.scan();
  const scanned = performance.now() - began;
  const failed = (what: string) => (error: unknown) => {
    if (!(error instanceof PublisherStopped)) log.error({ hostId, err: (error as Error).message }, what);
  };
  const { agent, desk, hypervisor, changes, resets, lookForLate, stop } = assembleAgent(options, failed);
  options.watch?.scanned(hostId, scan, scanned);
  const reported = lastReport(options).then((last) => agent.start(scan, last));
  if (once) return { reported, hypervisor, reconfigure: async () => {}, stop };

  /** What can be given away after all is told with the rest. */
  const probe = async (full: boolean): Promise<HostProbed> => {
    await resets?.tryAgain(true);
    return agent.probe(full);
  };
  void agent.known.then(() => desk.open());
  const endpoints = [
    serve<ProbeHost>(client.nats, hostId, { verb: 'probe', read: reads(ProbeHost), answer: ({ full = false }) => probe(full) }, log),
    ...serveCommands(client.nats, hostId, { desk, driver: hypervisor, log }),
    ...(changes ? [changes.serve(client.nats)] : []),
  ];
  let current = configuration;
  const rescan = async (): Promise<void> => {
    await resets?.tryAgain();
    await agent.rescan();
    await changes?.carryOut(current);
  };
  const rounds = routine(
    () => void agent.heartbeat().then(lookForLate, failed('heartbeat failed')),
    () => void rescan().catch(failed('rescan failed')),
  );
  const begun = reported.then(() => {
    options.watch?.reported();
    rounds.wind(configuration);
    changes?.carryOut(configuration).catch(failed('configuration not carried out'));
  });
  return {
    reported: begun,
    hypervisor,
    reconfigure: async (next) => {
      await begun;
      current = next;
      rounds.wind(next);
      await agent.reconfigure(next);
      await changes?.takeOn(next);
    },
    stop: async (reason) => {
      rounds.stop();
      for (const endpoint of endpoints) endpoint.unsubscribe();
      desk.close();
      const farewell = agent.goOffline(reason).catch(failed('farewell failed'));
      await Promise.race([farewell, new Promise((resolve) => setTimeout(resolve, FAREWELL_MS).unref())]);
      await stop();
    },
  };
};

/** What was told last: from the state file, else from the inventory, else nothing. */
const lastReport = async ({ configuration: { hostId }, state, client, log }: RunOptions): Promise<readonly SeenDevice[]> => {
  try {
    const kept = state.load();
    if (kept) return kept;
  } catch (error) {
    if (!(error instanceof StateLost)) throw error;
    log.error({ hostId, err: error.message }, 'state file cannot be used');
  }
  log.info({ hostId }, 'no state file, asking what is known of this host');
  const known = await askKnownDevices(client, hostId);
  if (!known) log.warn({ hostId }, 'nobody says what is known of this host, everything is reported as new');
  return known ?? [];
};
