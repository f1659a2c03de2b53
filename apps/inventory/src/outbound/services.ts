import type { NatsConnection } from '@nats-io/transport-node';

/** What a service says of itself in the data of its endpoints' statistics, or in its metadata where it has no endpoints. */
export interface ServiceReport {
  readonly name: string;
  readonly id: string;
  readonly version: string;
  readonly role: 'active' | 'standby';
  /** Journal position up to which it has worked, where it reads the journal. */
  readonly position?: number;
  /** Of an allocator that seals the journal: for how long it could not, beyond what an event may wait for its seal. */
  readonly sealOverdueSeconds?: number;
}

const ASK = '$SRV.STATS';
const COLLECT_MS = 300;
const OURS = 'vfleet-';

/** Every instance of every vfleet service that answers, by the discovery of NATS micro services. There is no telling when the last has answered. */
export const findServices = async (nats: NatsConnection, collectMs = COLLECT_MS): Promise<readonly ServiceReport[]> => {
  const found = new Map<string, ServiceReport>();
  try {
    for await (const message of await nats.requestMany(ASK, '', { strategy: 'timer', maxWait: collectMs })) {
      const report = readReport(message.string());
      if (report) found.set(report.id, report);
    }
  } catch {
    // Nobody answers, or not any more: what was found counts.
  }
  return [...found.values()].sort((a, b) => (a.name + a.id < b.name + b.id ? -1 : 1));
};

interface Stats {
  readonly name: string;
  /** Of an instance that stands by: it has no endpoints, and says here whom it stands by for. */
  readonly metadata?: { readonly role?: unknown; readonly service?: unknown };
  readonly id: string;
  readonly version: string;
  readonly endpoints?: readonly { readonly data?: { readonly role?: unknown; readonly position?: unknown; readonly sealOverdueSeconds?: unknown } }[];
}

/** Undefined for what is no service of vfleet: anybody may answer on the bus. */
export const readReport = (text: string): ServiceReport | undefined => {
  const stats = parse(text);
  if (typeof stats?.name !== 'string' || typeof stats.id !== 'string' || typeof stats.version !== 'string' || !stats.name.startsWith(OURS))
    return undefined;
  const { role = stats.metadata?.role, position, sealOverdueSeconds } = stats.endpoints?.[0]?.data ?? {};
  return {
    name: role === 'standby' && typeof stats.metadata?.service === 'string' ? stats.metadata.service : stats.name,
    id: stats.id,
    version: stats.version,
    role: role === 'standby' ? 'standby' : 'active',
    ...(Number.isSafeInteger(position) && { position: position as number }),
    ...(Number.isSafeInteger(sealOverdueSeconds) && { sealOverdueSeconds: sealOverdueSeconds as number }),
  };
};

const parse = (text: string): Stats | undefined => {
  try {
    return JSON.parse(text) as Stats;
  } catch {
    return undefined;
  }
};
