import type { VfleetClient } from '@vfleet/client';
import type { Logger } from 'pino';
import { Agent } from './agent.js';
import type { Configuration } from './configuration/config.js';
import type { Hardware } from './domain/hardware.js';
import type { PciNames, SeenDevice } from './domain/observe.js';
import { askKnownDevices } from './known-devices.js';
import { serveProbe } from './probe-endpoint.js';
import { createPublisher, PublisherStopped } from './publisher.js';
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
  /** Tells that the host goes offline, as far as the bus takes it within a moment. */
  stop(reason: string): Promise<void>;
}

/** How long the last words may take. */
const FAREWELL_MS = 3_000;

/** Runs one host's agent: a first report, then heartbeats, rescans and probes. @throws NothingToScan */
export const runAgent = async (options: RunOptions, once = false): Promise<RunningAgent> => {
  const { configuration, hardware, client, log } = options;
  const { hostId, heartbeatSeconds, rescanSeconds } = configuration;
  const scan = hardware.scan();
  const publisher = createPublisher({ hostId, log, send: (subject, data, { msgId }) => client.publishFact(subject, data, { msgId }) });
  const agent = new Agent({ ...options, publisher });
  const reported = lastReport(options).then((last) => agent.start(scan, last));
  if (once) return { reported, stop: async () => publisher.stop() };

  const failed = (what: string) => (error: unknown) => {
    if (!(error instanceof PublisherStopped)) log.error({ hostId, err: (error as Error).message }, what);
  };
  const probes = serveProbe(client.nats, hostId, agent, log);
  const timers: NodeJS.Timeout[] = [];
  const watch = async (): Promise<void> => {
    await reported;
    timers.push(setInterval(() => void agent.heartbeat().catch(failed('heartbeat failed')), heartbeatSeconds * 1_000));
    timers.push(setInterval(() => void agent.rescan().catch(failed('rescan failed')), rescanSeconds * 1_000));
  };
  return {
    reported: watch(),
    stop: async (reason) => {
      timers.forEach(clearInterval);
      probes.unsubscribe();
      const farewell = agent.goOffline(reason).catch(failed('farewell failed'));
      await Promise.race([farewell, new Promise((resolve) => setTimeout(resolve, FAREWELL_MS).unref())]);
      publisher.stop();
      timers.forEach(clearInterval);
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
