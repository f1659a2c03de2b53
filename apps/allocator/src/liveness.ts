import type { NatsConnection } from '@nats-io/transport-node';
import type { Desk } from './desk.js';
import type { FleetMemory } from './fleet-memory.js';

/** Missed heartbeats after which a host counts as silent (contract section 5, HostStale). */
const MISSED = 3;
const DEFAULT_HEARTBEAT_SECONDS = 10;
const TICK_MS = 500;
const KEEP_SEEN_MS = 5_000;
/** A backlog: heartbeats may be waiting in it, so that nobody can be called silent. */
const BACKLOG = 1_000;

/**
 * Watches for silence. Time is the monotonic clock, so that a clock that is set cannot make hosts stale; while the
 * bus is away nobody can be heard, so nobody is judged.
 */
export class Liveness {
  private readonly heard = new Map<string, { lastSeenAt: string; at: number; keptAt: string }>();
  private readonly timers: NodeJS.Timeout[] = [];
  private connected = true;

  constructor(
    private readonly memory: FleetMemory,
    private readonly desk: Desk,
    private readonly nats: NatsConnection,
  ) {}

  start(): void {
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

  private judge(now: number): void {
    const deaf = !this.connected || this.desk.depth > BACKLOG;
    for (const hostId of this.memory.hostIds()) {
      const host = this.memory.host(hostId);
      const lastSeenAt = host?.seen?.lastSeenAt ?? '';
      const heard = this.heard.get(hostId);
      if (!heard) this.heard.set(hostId, { lastSeenAt, at: now, keptAt: lastSeenAt });
      else if (deaf || heard.lastSeenAt !== lastSeenAt) Object.assign(heard, { lastSeenAt, at: now });
      else if (host?.status === 'online' && now - heard.at > MISSED * 1_000 * (host.description?.heartbeatSeconds ?? DEFAULT_HEARTBEAT_SECONDS)) {
        heard.at = now;
        this.desk.submit({ command: { type: 'DeclareStale', hostId, lastSeenAt: lastSeenAt || new Date().toISOString() } }).catch(() => undefined);
      }
    }
  }

  /** Writes down when hosts were last heard, many at a time. */
  private keepSeen(): void {
    const hostIds: string[] = [];
    for (const [hostId, heard] of this.heard) {
      if (heard.keptAt === heard.lastSeenAt) continue;
      heard.keptAt = heard.lastSeenAt;
      hostIds.push(hostId);
    }
    if (hostIds.length > 0) this.desk.submit({ command: { type: 'KeepSeen', hostIds } }).catch(() => undefined);
  }
}
