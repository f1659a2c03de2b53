import { Lease, type Fence, type Journal } from '@vfleet/journal';
import type { Platform } from '@vfleet/service-kit';
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { FleetMemory } from './fleet-memory.js';

const PAGE = 5_000;
const TRY_MS = 250;
const RENEW_MS = 400;

/**
 * One allocator decides, others stand by. A standby folds the journal as it grows, so that it can take over at once;
 * the active one keeps its lease alive and stops for good when it has lost it.
 */
export class Ownership {
  private readonly lease: Lease;
  private position = 0;
  private renewal: NodeJS.Timeout | undefined;

  constructor(
    private readonly platform: Platform,
    private readonly journal: Journal,
    private readonly memory: FleetMemory,
  ) {
    this.lease = new Lease({ pool: platform.pool, name: 'allocator', owner: `${hostname()}:${process.pid}:${randomUUID()}` });
  }

  get fence(): Fence | undefined {
    return this.lease.fence;
  }

  /** Resolves when this instance is the owner and knows everything that was committed before. */
  async acquired(onLost: (error: Error) => void): Promise<Fence> {
    const { log } = this.platform;
    for (let told = false; ;) {
      try {
        await this.follow();
        const fence = await this.lease.acquire();
        if (fence) {
          this.keep(onLost);
          await this.follow();
          for (const { key, value } of [...(await this.journal.marks('vm:')), ...(await this.journal.marks('host:'))])
            this.memory.applyMark(key, value);
          this.memory.commit();
          log('info', 'this instance decides now', { fence: fence.fence, position: this.position });
          return fence;
        }
        if (!told) log('info', 'another instance decides; standing by', { position: this.position });
        told = true;
      } catch (error) {
        log('warn', 'the journal cannot be followed for now', { error: (error as Error).message });
      }
      await new Promise((resolve) => setTimeout(resolve, TRY_MS));
    }
  }

  /** Lets a standby take over at once. */
  async release(): Promise<void> {
    clearInterval(this.renewal);
    await this.lease.release().catch(() => undefined);
  }

  /** Folds what was committed since. */
  private async follow(): Promise<void> {
    for (;;) {
      const events = await this.journal.read(this.position, PAGE);
      for (const { stream, version, type, data } of events) this.memory.apply(stream, version, { type, data });
      this.memory.commit();
      this.position = events.at(-1)?.position ?? this.position;
      if (events.length < PAGE) return;
    }
  }

  private keep(onLost: (error: Error) => void): void {
    clearInterval(this.renewal);
    this.renewal = setInterval(() => {
      this.lease.renew().then(
        (kept) => kept || onLost(new Error('the lease went to another instance')),
        (error: unknown) => this.platform.log('warn', 'the lease cannot be renewed for now', { error: (error as Error).message }),
      );
    }, RENEW_MS);
  }
}
