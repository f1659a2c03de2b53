import { Lease, type Fence, type Journal } from '@vfleet/journal';
import type { Platform } from '@vfleet/service-kit';
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { FleetMemory } from './fleet-memory.js';

const PAGE = 5_000;
/** A takeover takes the lease's time, at most this, and what a start of the transports takes: within two seconds together. */
const TRY_MS = 100;
const RENEW_MS = 300;

export interface OwnershipOptions {
  readonly platform: Platform;
  readonly journal: Journal;
  readonly memory: FleetMemory;
  /** Another instance decides; this one waits. */
  readonly onStandby: () => void;
  /** Another instance has taken over: this one must not decide any more. */
  readonly onLost: (error: Error) => void;
}

/**
 * One allocator decides, others stand by. A standby folds the journal as it grows, so that it can take over at once;
 * the active one keeps its lease alive and stops for good when it has lost it.
 */
export class Ownership {
  private readonly lease: Lease;
  private position = 0;
  private renewal: NodeJS.Timeout | undefined;
  private renewing: Promise<void> | undefined;

  constructor(private readonly options: OwnershipOptions) {
    const owner = `${hostname()}:${process.pid}:${randomUUID()}`;
    this.lease = new Lease({ pool: options.platform.pool, name: 'allocator', owner });
  }

  get fence(): Fence | undefined {
    return this.lease.fence;
  }

  /** Resolves when this instance is the owner and knows everything that was committed before. */
  async acquired(): Promise<Fence> {
    const { platform, onStandby } = this.options;
    for (let told = false; ;) {
      try {
        await this.follow();
        const fence = await this.lease.acquire();
        if (fence) return await this.takeOver(fence);
        if (!told) platform.log('info', 'another instance decides; standing by', { position: this.position });
        if (!told) onStandby();
        told = true;
      } catch (error) {
        platform.log('warn', 'the journal cannot be followed for now', { error: (error as Error).message });
      }
      await new Promise((resolve) => setTimeout(resolve, TRY_MS));
    }
  }

  /**
   * Settles what an owner that slept cannot know: undefined while this instance must be the owner, else a promise
   * that resolves when it is known to be. Where another has taken over, `onLost` is called instead.
   */
  confirm(): Promise<void> | undefined {
    return this.lease.isCertain ? undefined : this.renewUntilCertain();
  }

  /** Lets a standby take over at once. */
  async release(): Promise<void> {
    clearInterval(this.renewal);
    await this.renewing?.catch(() => undefined);
    await this.lease.release().catch(() => undefined);
  }

  private async takeOver(fence: Fence): Promise<Fence> {
    const { platform, journal, memory } = this.options;
    this.keepAlive();
    await this.follow();
    for (const { key, value } of [...(await journal.marks('vm:')), ...(await journal.marks('host:'))]) memory.applyMark(key, value);
    memory.commit();
    platform.log('info', 'this instance decides now', { fence: fence.fence, position: this.position });
    return fence;
  }

  /** Folds what was committed since. */
  private async follow(): Promise<void> {
    const { journal, memory } = this.options;
    for (;;) {
      const events = await journal.read(this.position, PAGE);
      for (const { stream, version, type, data } of events) memory.apply(stream, version, { type, data });
      memory.commit();
      this.position = events.at(-1)?.position ?? this.position;
      if (events.length < PAGE) return;
    }
  }

  private keepAlive(): void {
    const { log } = this.options.platform;
    clearInterval(this.renewal);
    this.renewal = setInterval(() => {
      this.renew().catch((error: unknown) => log('warn', 'the lease cannot be renewed for now', { error: (error as Error).message }));
    }, RENEW_MS);
  }

  private async renewUntilCertain(): Promise<void> {
    while (!this.lease.isCertain) await this.renew();
  }

  /** One question at a time; all who ask meanwhile get its answer. */
  private renew(): Promise<void> {
    return (this.renewing ??= this.ask().finally(() => (this.renewing = undefined)));
  }

  private async ask(): Promise<void> {
    if (await this.lease.renew()) return;
    const lost = new Error('the lease went to another instance');
    this.options.onLost(lost);
    throw lost;
  }
}
