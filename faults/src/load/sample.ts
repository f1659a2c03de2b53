import { jetstreamManager } from '@nats-io/jetstream';
import { COPY, headOf } from '../read-log.js';
import { familyMib, residentMib } from './memory.js';
import { percentileOf } from './growth.js';
import type { LoadedSystem } from './system.js';
import type { Decisions } from './vm-traffic.js';

/** What one look at a loaded system shows; memory in MiB, resident. */
export interface Sample {
  readonly seconds: number;
  readonly allocatorMib: number;
  readonly inventoryMib: number;
  readonly migratorMib: number;
  readonly dashboardMib: number;
  readonly natsMib: number;
  readonly postgresMib: number;
  /** Of the program that makes the load. */
  readonly loadMib: number;
  /** Facts that the allocator has not settled. */
  readonly factsWaiting: number;
  /** Commands that wait in the allocator. */
  readonly commandsWaiting: number;
  /** Events that the stream does not have yet. */
  readonly relayLag: number;
  /** Events that the read model does not have yet. */
  readonly projectionLag: number;
  /** Reservations that wait for their host to attest that nothing is attached any more. */
  readonly releasesPending: number;
  /** Starts that were decided since the last look, and how long they took. */
  readonly decided: number;
  readonly refused: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export const COLUMNS = [
  'seconds',
  'allocatorMib',
  'inventoryMib',
  'migratorMib',
  'dashboardMib',
  'natsMib',
  'postgresMib',
  'loadMib',
  'factsWaiting',
  'commandsWaiting',
  'relayLag',
  'projectionLag',
  'releasesPending',
  'decided',
  'refused',
  'p50Ms',
  'p99Ms',
] as const satisfies readonly (keyof Sample)[];

export const toCsv = (sample: Sample): string => COLUMNS.map((column) => String(Math.round(sample[column] * 10) / 10)).join(',');

const lagsOf = async ({ stage: { nats, database } }: LoadedSystem): Promise<Pick<Sample, 'factsWaiting' | 'relayLag' | 'projectionLag'>> => {
  const manager = await jetstreamManager(nats);
  let factsWaiting = 0;
  for await (const { name, num_pending, num_ack_pending } of manager.consumers.list('VFLEET_IN'))
    // Not those of hosts that have to wait for all others.
    if (/^allocator-\d+$/.test(name)) factsWaiting += num_pending + num_ack_pending;
  // In this order: what comes in between must not look as if a reader were ahead.
  const [{ rows }, { state }] = await Promise.all([
    database.query<{ position: string }>(`select position from journal.checkpoints where name = 'inventory'`),
    manager.streams.info(COPY),
  ]);
  const head = await headOf(database);
  return { factsWaiting, relayLag: Math.max(0, head - state.last_seq), projectionLag: Math.max(0, head - Number(rows[0]?.position ?? 0)) };
};

/** Series without labels of a page of metrics, by their names. */
export const readGauges = async (url: string): Promise<ReadonlyMap<string, number>> => {
  const page = await (await fetch(url)).text();
  return new Map([...page.matchAll(/^(\w+) (\S+)$/gm)].map(([, name = '', value]) => [name, Number(value)]));
};

/** Looks at everything once; `began` on the monotonic clock, `decisions` since the last look. */
export const look = async (system: LoadedSystem, began: number, { reserved, refused }: Decisions): Promise<Sample> => {
  const { stage, services, dashboard, metricsUrl } = system;
  const mibOf = (app: keyof typeof services): number => residentMib(services[app].program().process.pid ?? 0);
  const [lags, gauges] = await Promise.all([lagsOf(system), readGauges(metricsUrl)]);
  return {
    seconds: (performance.now() - began) / 1_000,
    allocatorMib: mibOf('allocator'),
    inventoryMib: mibOf('inventory'),
    migratorMib: mibOf('migrator'),
    dashboardMib: residentMib(dashboard.process.pid ?? 0),
    natsMib: residentMib(stage.bus.pid),
    postgresMib: familyMib(stage.postgres.pid),
    loadMib: residentMib(process.pid),
    ...lags,
    commandsWaiting: gauges.get('vfleet_commit_queue_commands') ?? 0,
    releasesPending: gauges.get('vfleet_releases_pending') ?? 0,
    decided: reserved.length,
    refused,
    p50Ms: percentileOf(reserved, 0.5),
    p99Ms: percentileOf(reserved, 0.99),
  };
};
