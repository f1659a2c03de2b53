import { QueueFull, isPassing } from './failures.js';

export type Settled<Result> = { readonly ok: true; readonly value: Result } | { readonly ok: false; readonly error: unknown };

export interface GroupCommitOptions<Job, Result> {
  /**
   * Writes what the jobs come to in one transaction and answers each, in order. It may answer only the first ones,
   * one at least: the others are the first of the next batch. Throws to have all of them tried again or refused.
   */
  readonly commit: (jobs: readonly Job[]) => Promise<readonly Settled<Result>[]>;
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
  private readonly waiting: { readonly job: Job; readonly settle: (settled: Settled<Result>) => void }[] = [];
  private readonly options: Required<GroupCommitOptions<Job, Result>>;
  private running: Promise<void> | undefined;
  private stopped = false;

  constructor(options: GroupCommitOptions<Job, Result>) {
    this.options = { maxBatch: 500, maxWaiting: 20_000, onRetry: () => undefined, ...options };
  }

  get depth(): number {
    return this.waiting.length;
  }

  /** @throws QueueFull when too much is waiting, and whatever the commit answers for this job */
  submit(job: Job): Promise<Result> {
    if (this.stopped || this.waiting.length >= this.options.maxWaiting) return Promise.reject(new QueueFull(`${this.waiting.length} are waiting`));
    return new Promise((resolve, reject) => {
      this.waiting.push({ job, settle: (settled) => (settled.ok ? resolve(settled.value) : reject(settled.error)) });
      this.running ??= this.run();
    });
  }

  /** Takes nothing more and resolves when everything that waits is settled. */
  async drain(): Promise<void> {
    this.stopped = true;
    await this.running;
  }

  private async run(): Promise<void> {
    // One turn of the event loop, so that what arrives together is written together.
    await new Promise(setImmediate);
    while (this.waiting.length > 0) {
      const batch = this.waiting.splice(0, this.options.maxBatch);
      const settled = await this.commit(batch.map(({ job }) => job));
      this.waiting.unshift(...batch.slice(settled.length));
      settled.forEach((outcome, index) => batch[index]?.settle(outcome));
    }
    this.running = undefined;
  }

  private async commit(jobs: readonly Job[]): Promise<readonly Settled<Result>[]> {
    for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
      try {
        return await this.options.commit(jobs);
      } catch (error) {
        if (!isPassing(error)) return jobs.map(() => ({ ok: false, error }));
        this.options.onRetry(error, waitMs);
        await new Promise((resolve) => setTimeout(resolve, waitMs));
      }
    }
  }
}
