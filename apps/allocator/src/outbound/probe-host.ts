import { agentSubject } from '@vfleet/contracts';
import type { Log } from '@vfleet/messaging';
import type { NatsConnection } from '@nats-io/transport-node';

/** A host that differs is asked for everything at most this often. */
const AT_MOST_EVERY_MS = 5_000;
const TIMEOUT_MS = 5_000;

/** Asks an agent to publish everything it has. It is only asked: what it says comes in as facts. */
export class HostProbe {
  private readonly askedAt = new Map<string, number>();

  constructor(
    private readonly nats: NatsConnection,
    private readonly log: Log,
  ) {}

  ask(hostId: string): void {
    const now = performance.now();
    if (now - (this.askedAt.get(hostId) ?? -Infinity) < AT_MOST_EVERY_MS) return;
    this.askedAt.set(hostId, now);
    this.nats.request(agentSubject(hostId, 'probe'), JSON.stringify({ full: true }), { timeout: TIMEOUT_MS }).then(
      () => this.log('info', 'an agent was asked for everything', { hostId }),
      (error: unknown) => this.log('warn', 'an agent does not answer a probe', { hostId, error: (error as Error).message }),
    );
  }
}
