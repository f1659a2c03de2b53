import type { VfleetClient } from '@vfleet/client';
import { ProbeHost } from '@vfleet/contracts';
import type { Logger } from 'pino';
import { Agent } from './agent.js';
import { commandDesk, type CommandDesk } from './commands/command-desk.js';
import { commandJournal } from './commands/command-journal.js';
import { serveCommands } from './commands/serve-commands.js';
import type { Configuration } from './configuration/config.js';
import type { Hardware } from './domain/hardware.js';
import type { PciNames, SeenDevice } from './domain/observe.js';
import { askKnownDevices } from './known-devices.js';
import { reads, serve } from './endpoint.js';
import type { HypervisorDriver } from './hypervisor/driver.js';
import { openDriver } from './hypervisor/open-driver.js';
import { createPublisher, PublisherStopped } from './publisher.js';
import { routine } from './routine.js';
import { StateLost, type StateFile } from './state-file.js';

export interface RunOptions {
  readonly configuration: Configuration;
  readonly hardware: Hardware;
  readonly names: PciNames;
  readonly client: VfleetClient;
  readonly state: StateFile;
  readonly version: string;
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
  const scan = options.hardware.scan();
  const failed = (what: string) => (error: unknown) => {
    if (!(error instanceof PublisherStopped)) log.error({ hostId, err: (error as Error).message }, what);
  };
  const { agent, desk, hypervisor, lookForLate, stop } = assemble(options, failed);
  const reported = lastReport(options).then((last) => agent.start(scan, last));
  if (once) return { reported, hypervisor, reconfigure: async () => {}, stop };

  void agent.known.then(() => desk.open());
  const endpoints = [
    serve<ProbeHost>(client.nats, hostId, { verb: 'probe', read: reads(ProbeHost), answer: ({ full = false }) => agent.probe(full) }, log),
    ...serveCommands(client.nats, hostId, { desk, driver: hypervisor, log }),
  ];
  const rounds = routine(
    () => void agent.heartbeat().then(lookForLate, failed('heartbeat failed')),
    () => void agent.rescan().catch(failed('rescan failed')),
  );
  const begun = reported.then(() => rounds.wind(configuration));
  return {
    reported: begun,
    hypervisor,
    reconfigure: async (next) => {
      await begun;
      rounds.wind(next);
      await agent.reconfigure(next);
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

/** An agent, and the hypervisor that it orders about. */
const assemble = (options: RunOptions, failed: (what: string) => (error: unknown) => void) => {
  const { configuration, client, log } = options;
  const { hostId, hypervisor: settings, stateFile } = configuration;
  const publisher = createPublisher({ hostId, log, send: (subject, data, { msgId }) => client.publishFact(subject, data, { msgId }) });
  const lookForLate = (): void => void desk.lookForLate().catch(failed('attachments not compared'));
  const surroundings = { addressOf: (deviceId: string) => agent.locate(deviceId)?.address, changed: lookForLate };
  const hypervisor = openDriver(settings, surroundings, fileBeside(stateFile, 'hypervisor.json'), log);
  const agent = new Agent({ ...options, publisher, ...(settings.driver !== 'none' && seenBy(hypervisor)) });
  const desk: CommandDesk = commandDesk({
    hostId,
    journal: commandJournal({ path: fileBeside(stateFile, 'commands.jsonl'), complain: failed('commands taken before cannot be read') }),
    driver: hypervisor,
    locate: (deviceId) => agent.locate(deviceId),
    publish: (fact, data) => agent.tellOutcome(fact, data),
    attest: () => agent.attest(),
    log,
  });
  const stop = async (): Promise<void> => {
    publisher.stop();
    await hypervisor.close();
  };
  return { agent, desk, hypervisor, lookForLate, stop };
};

const seenBy = (hypervisor: HypervisorDriver) => ({
  attachments: () => hypervisor.attachments(),
  describeHypervisor: () => hypervisor.describe(),
});

/** `agent-h1.json` has `agent-h1.commands.jsonl` beside it. */
const fileBeside = (stateFile: string, ending: string): string => `${stateFile.replace(/\.json$/, '')}.${ending}`;

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
