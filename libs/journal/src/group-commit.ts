import { decideAhead, type Ahead, type Settled, type Waiting } from './decide-ahead.js';
import { QueueFull, isPassing } from './failures.js';

export interface GroupCommitOptions<Job, Result> {
  /**
   * Writes what the jobs come to in one transaction and answers each, in order. It may answer only the first ones,
   * one at least: the others are the first of the next batch. Throws to have all of them tried again or refused.
   */
  readonly commit: (jobs: readonly Job[]) => Promise<readonly Settled<Result>[]>;
  /** The fast road, as long as nothing goes wrong; what goes wrong is left to `commit`. */
  readonly ahead?: Ahead<Job, Result>;
  /** Jobs in one transaction at most. */
  readonly maxBatch?: number;
  /** Jobs waiting at most; beyond that `submit` refuses. */
  readonly maxWaiting?: number;
  /** Told before each new try after a passing failure. */
  readonly onRetry?: (error: unknown, waitMs: number) => void;
}

const FIRST_WAIT_MS = 20;
const LONGEST_WAIT_MS = 1_000;

/**
 * Turns many small writes into few transactions: whatever is waiting when the connection is free goes together.
 * No timer: a lone job is written at once. Order is kept, also over failures that pass.
 */
export class GroupCommit<Job, Result> {
  private readonly waiting: Waiting<Job, Result>[] = [];
  private readonly maxBatch: number;
  private readonly maxWaiting: number;
  private running: Promise<void> | undefined;
  private stopped = false;
  private onArrival: (() => void) | undefined;

  constructor(private readonly options: GroupCommitOptions<Job, Result>) {
    this.maxBatch = options.maxBatch ?? 500;
    this.maxWaiting = options.maxWaiting ?? 20_000;
  }

  get depth(): number {
    return this.waiting.length;
  }

  /** @throws QueueFull when too much is waiting, and whatever the commit answers for this job */
  submit(job: Job): Promise<Result> {
    if (this.stopped || this.waiting.length >= this.maxWaiting) return Promise.reject(new QueueFull(`${this.waiting.length} are waiting`));
    return new Promise((resolve, reject) => {
      this.waiting.push({ job, settle: (settled) => (settled.ok ? resolve(settled.value) : reject(settled.error)) });
      this.onArrival?.();
      this.running ??= this.run();
    });
  }

  /** Takes nothing more and resolves when everything that waits is settled. */
  async drain(): Promise<void> {
    this.stopped = true;
    await this.running;
  }

  private async run(): Promise<void> {
    const { waiting, maxBatch } = this;
    const { ahead } = this.options;
    // One turn of the event loop, so that what arrives together is written together.
    await new Promise(setImmediate);
    while (waiting.length > 0) {
      if (ahead) await decideAhead({ waiting, maxBatch, arrival: () => this.arrival() }, ahead);
      if (waiting.length > 0) await this.runOne();
    }
    this.running = undefined;
  }

  private arrival(): Promise<void> {
    return new Promise((resolve) => (this.onArrival = resolve));
  }

  private async runOne(): Promise<void> {
    const batch = this.waiting.splice(0, this.maxBatch);
    const settled = await this.commit(batch.map(({ job }) => job));
    this.waiting.unshift(...batch.slice(settled.length));
    settled.forEach((outcome, index) => batch[index]?.settle(outcome));
  }

  private async commit(jobs: readonly Job[]): Promise<readonly Settled<Result>[]> {
    for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
      try {
        return await this.options.commit(jobs);
      } catch (error) {
        if (!isPassing(error)) return jobs.map(() => ({ ok: false, error }));
        this.options.onRetry?.(error, waitMs);
        await new Promise((resolve) => setTimeout(resolve, waitMs));
      }
    }
  }
}
