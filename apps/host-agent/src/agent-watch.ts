import { currentTraceparent, type Span, type Telemetry } from '@vfleet/telemetry';
import type { NatsConnection } from '@nats-io/transport-node';
import type { HardwareScan } from './domain/hardware.js';
import type { CommandOutcome } from './domain/hostdev-command.js';

const MS_PER_SECOND = 1_000;

/** What one host's agent has now. */
interface Now {
  readonly devices: () => number;
  readonly waiting: () => number;
  unreadable: number;
}

/** Counts, times and traces what the agents of this process do: one, or a whole simulated fleet, whose hosts are counted together. */
export class AgentWatch {
  private readonly hosts = new Map<string, Now>();
  private nats: NatsConnection | undefined;

  constructor(private readonly telemetry: Pick<Telemetry, 'metrics' | 'health' | 'tracing'>) {
    const { metrics } = telemetry;
    metrics.gauge('vfleet_agent_devices', () => this.sum(({ devices }) => devices()));
    metrics.gauge('vfleet_agent_facts_waiting', () => this.sum(({ waiting }) => waiting()));
    metrics.gauge('vfleet_agent_unreadable_devices', () => this.sum(({ unreadable }) => unreadable));
  }

  /** An agent runs on this connection; said anew when it is built anew. */
  watch(hostId: string, now: Omit<Now, 'unreadable'>, nats: NatsConnection): void {
    this.hosts.set(hostId, { ...now, unreadable: this.hosts.get(hostId)?.unreadable ?? 0 });
    if (nats !== this.nats) this.follow((this.nats = nats));
  }

  /** The first report of a host is told. */
  reported(): void {
    this.telemetry.health.role = 'active';
  }

  /** A look at the hardware has taken so long; undefined: nothing could be scanned. */
  scanned(hostId: string, scan: HardwareScan | undefined, milliseconds: number): void {
    const { metrics } = this.telemetry;
    metrics.count('vfleet_agent_scans_total', { result: scan ? 'ok' : 'failed' });
    metrics.observe('vfleet_agent_scan_duration_seconds', {}, milliseconds / MS_PER_SECOND);
    const now = this.hosts.get(hostId);
    if (now && scan) now.unreadable = scan.unreadable.length;
  }

  published(fact: string): void {
    this.telemetry.metrics.count('vfleet_agent_facts_total', { fact });
  }

  retried(): void {
    this.telemetry.metrics.count('vfleet_agent_fact_retries_total', {});
  }

  /** A command is being carried out; its span, where traces are kept. */
  begins(verb: string): Span | undefined {
    return this.telemetry.tracing.begin(verb, { parent: currentTraceparent(), role: 'consumer' });
  }

  commanded(verb: string, { fact, code }: Pick<CommandOutcome, 'fact' | 'code'>): void {
    const outcome = fact === 'HostdevFailed' ? 'failed' : 'done';
    this.telemetry.metrics.count('vfleet_agent_commands_total', { verb, outcome, code: code ?? '' });
  }

  private follow(nats: NatsConnection): void {
    const { metrics, health } = this.telemetry;
    let connected = true;
    const listen = async (): Promise<void> => {
      for await (const { type } of nats.status()) {
        if (type === 'disconnect') connected = false;
        if (type === 'reconnect') connected = true;
      }
    };
    void listen();
    metrics.gauge('vfleet_nats_connected', () => Number(connected));
    health.needs('nats', () => connected);
  }

  private sum(of: (now: Now) => number): number {
    let total = 0;
    for (const now of this.hosts.values()) total += of(now);
    return total;
  }
}
