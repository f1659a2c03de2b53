import { Lease, type Fence } from '@vfleet/journal';
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Platform } from './platform.js';

export interface OwnershipOptions {
  readonly platform: Platform;
  /** Takes in what was committed since the last time, so that a standby can take over at once. */
  readonly follow: () => Promise<void>;
  /** Takes in what a standby cannot follow, once nobody else can change it any more. */
  readonly takeOver?: () => Promise<void>;
  /** Another instance decides; this one waits. Told once. */
  readonly onStandby: () => void;
  /** Another instance has taken over: this one must not decide any more. */
  readonly onLost: (error: Error) => void;
}

/** A takeover takes the lease's time, at most this, and what a start of the transports takes: within two seconds together. */
const TRY_MS = 100;
const RENEW_MS = 300;

/**
 * One instance of a service decides, others stand by. The active one keeps its lease alive and stops for good when it
 * has lost it; every append carries its fence.
 */
export class Ownership {
  private readonly lease: Lease;
  private renewal: NodeJS.Timeout | undefined;
  private renewing: Promise<void> | undefined;

  constructor(private readonly options: OwnershipOptions) {
    const { pool, service, metrics } = options.platform;
    metrics.gauge('vfleet_lease_fence', () => this.lease.fence?.fence ?? 0);
    this.lease = new Lease({ pool, name: service, owner: `${hostname()}:${process.pid}:${randomUUID()}` });
  }

  get fence(): Fence | undefined {
    return this.lease.fence;
  }

  /** Resolves when this instance is the owner and knows everything that was committed before. */
  async acquired(): Promise<Fence> {
    const { platform, follow, takeOver, onStandby } = this.options;
    for (let told = false; ;) {
      try {
        await follow();
        const fence = await this.lease.acquire();
        if (fence) {
          this.keepAlive();
          await follow();
          await takeOver?.();
          platform.log('info', 'this instance decides now', { fence: fence.fence });
          return fence;
        }
        if (!told) platform.log('info', 'another instance decides; standing by', {});
        if (!told) onStandby();
        platform.health.role = 'standby';
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
