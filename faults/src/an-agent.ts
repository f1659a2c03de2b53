import { until, type RunningProgram } from '@vfleet/testing';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LogEvent } from './findings.js';
import { readEvents } from './read-log.js';
import type { Stage } from './stage.js';

/** What an agent of a row is configured with beside what every one of them is; as in its YAML file. */
export interface AgentSettings {
  readonly hostId: string;
  readonly sysfsRoot: string;
  readonly natsUrl?: string;
  readonly stateFile?: string;
  readonly devices?: readonly object[];
  readonly hypervisor?: object;
  readonly heartbeatSeconds?: number;
}

export interface StagedAgent {
  readonly program: RunningProgram;
  readonly stateFile: string;
  /** Writes other settings into its file, and tells it to read that again. */
  readonly reconfigure: (more: Partial<AgentSettings>) => void;
}

/** Looks at the hardware as often as an agent may; heartbeats of which three may be late on a busy machine. */
const RESCAN_SECONDS = 1;
const HEARTBEAT_SECONDS = 5;
let agents = 0;

/** Starts a host's agent as a process of its own; it need not have told anything yet. */
export const anAgent = (stage: Stage, settings: AgentSettings, environment: NodeJS.ProcessEnv = {}): StagedAgent => {
  const name = `${settings.hostId}-${(agents += 1)}`;
  const path = join(stage.folder, `${name}.yaml`);
  const { stateFile = join(stage.folder, `${name}.json`) } = settings;
  const defaults = { natsUrl: stage.bus.url, heartbeatSeconds: HEARTBEAT_SECONDS, rescanSeconds: RESCAN_SECONDS };
  const write = (more: Partial<AgentSettings>): void => writeFileSync(path, JSON.stringify({ ...defaults, ...settings, stateFile, ...more }));
  write({});
  const program = stage.start('host-agent', environment, ['--config', path]);
  return {
    program,
    stateFile,
    reconfigure: (more) => {
      write(more);
      program.process.kill('SIGHUP');
    },
  };
};

/** Resolves when the journal knows so many devices of a host. */
export const devicesKnown = (stage: Stage, hostId: string, count: number): Promise<true> =>
  until(`${count} devices of ${hostId}`, async () => {
    const { rows } = await stage.database.query<{ n: string }>(
      `select count(distinct data ->> 'deviceId') as n from journal.events where type = 'DeviceDiscovered' and data ->> 'hostId' = $1`,
      [hostId],
    );
    return Number(rows[0]?.n) >= count;
  });

/** Counts what the bus takes of a host's agents from now on, as `InventoryAttested <epoch>`: by the fact, and by which start told it. */
export const hearFacts = ({ nats }: Stage, hostId: string): ReadonlyMap<string, number> => {
  const heard = new Map<string, number>();
  nats.subscribe(`vfleet.in.host.${hostId}.*`, {
    callback: (_, message) => {
      const key = `${message.subject.split('.').at(-1)} ${message.json<{ epoch: string }>().epoch}`;
      heard.set(key, (heard.get(key) ?? 0) + 1);
    },
  });
  return heard;
};

/** The fields of an event that rows look at. */
export interface SeenData {
  readonly hostId?: string;
  readonly deviceId?: string;
  readonly address?: string;
  readonly vmId?: string;
  readonly observed?: { readonly epoch: string };
}

/** The first event of these types, with these fields, after a position. */
export const eventAfter = (stage: Stage, after: number, types: readonly string[], fields: SeenData): Promise<LogEvent> =>
  until(`${types.join(' or ')} of ${JSON.stringify(fields)}`, async () =>
    (await readEvents(stage.database)).find(
      ({ position, type, data }) =>
        position > after && types.includes(type) && Object.entries(fields).every(([key, value]) => (data as Record<string, unknown>)[key] === value),
    ),
  );

/** The start of a host's agent that told of itself after a position: its name in facts, and where it did so. */
export const epochAfter = async (stage: Stage, hostId: string, after: number): Promise<{ readonly epoch: string; readonly position: number }> => {
  const { position, data } = await eventAfter(stage, after, ['HostOnline'], { hostId });
  return { position, epoch: (data as SeenData).observed?.epoch ?? '' };
};
