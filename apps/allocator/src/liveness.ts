import type { NatsConnection } from '@nats-io/transport-node';
import type { Desk } from './desk.js';
import type { FleetMemory } from './fleet-memory.js';
import { HeardHosts } from './heard-hosts.js';

/** Missed heartbeats after which a host counts as silent (contract section 5, HostStale). */
const MISSED = 3;
const DEFAULT_HEARTBEAT_SECONDS = 10;
const TICK_MS = 500;
const KEEP_SEEN_MS = 5_000;
/** A backlog: heartbeats may be waiting in it, so that nobody can be called silent. */
const BACKLOG = 1_000;
const MS_PER_SECOND = 1_000;

/**
 * Watches for silence. Time is the monotonic clock, so that a clock that is set cannot make hosts stale; while the
 * bus is away nobody can be heard, so nobody is judged. What it does follows those that are heard or silent, not the size of the fleet.
 */
export class Liveness {
  private readonly hosts = new HeardHosts();
  /** Heard since that was written down last. */
  private readonly unkept = new Set<string>();
  private readonly timers: NodeJS.Timeout[] = [];
  private connected = true;

  constructor(
    private readonly memory: FleetMemory,
    private readonly desk: Desk,
    private readonly nats: NatsConnection,
  ) {}

  start(): void {
    for (const hostId of this.memory.hostIds()) this.wait(hostId);
    this.memory.onHeard((hostId) => this.hear(hostId));
    this.timers.push(setInterval(() => this.judge(performance.now()), TICK_MS));
    this.timers.push(setInterval(() => this.keepSeen(), KEEP_SEEN_MS));
    void this.watchBus();
  }

  stop(): void {
    this.timers.forEach(clearInterval);
  }

  private async watchBus(): Promise<void> {
    for await (const { type } of this.nats.status()) {
      if (type === 'disconnect') this.connected = false;
      if (type === 'reconnect') this.connected = true;
    }
  }

  private hear(hostId: string): void {
    this.wait(hostId);
    this.unkept.add(hostId);
  }

  /** From now on a host may be silent for a while. */
  private wait(hostId: string): void {
    const seconds = this.memory.host(hostId)?.description?.heartbeatSeconds ?? DEFAULT_HEARTBEAT_SECONDS;
    this.hosts.hear(hostId, MISSED * seconds * MS_PER_SECOND, performance.now());
  }

  private judge(now: number): void {
    if (!this.connected || this.desk.depth > BACKLOG) this.hosts.beDeaf(now);
    for (const hostId of this.hosts.silent(now)) {
      const host = this.memory.host(hostId);
      // Should that not be written down, it is time again after as long a silence.
      if (host?.status === 'online') this.wait(hostId);
      else this.hosts.forget(hostId);
      if (host?.status !== 'online') continue;
      const lastSeenAt = host.seen?.lastSeenAt ?? new Date().toISOString();
      this.desk.submit({ command: { type: 'DeclareStale', hostId, lastSeenAt } }).catch(() => undefined);
    }
  }

  /** Writes down when hosts were last heard, many at a time. */
  private keepSeen(): void {
    const hostIds = [...this.unkept];
    this.unkept.clear();
    if (hostIds.length > 0) this.desk.submit({ command: { type: 'KeepSeen', hostIds } }).catch(() => undefined);
  }
}
