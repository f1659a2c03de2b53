import type pg from 'pg';
import { Checkpoint } from './checkpoint.js';
import { inTransaction } from './migrate.js';
import type { RecordedEvent } from './batch.js';
import { Journal } from './journal.js';
import type { LiveEvents } from './live-events.js';
import { MAX_BATCH, NextEvents, pause, POLL_MS, RETRY_MS } from './next-events.js';

/** Makes rows of events. Called with every event once, in order; what it writes commits together with the checkpoint. */
export interface Projection {
  /** Name of its checkpoint. */
  readonly name: string;
  readonly apply: (client: pg.ClientBase, events: readonly RecordedEvent[]) => Promise<void>;
  /** The last batch was rolled back, or somebody else wrote the rows: forget what was kept in memory of them. */
  readonly reset?: () => void;
  /** Whether a newer version writes the rows by now. Asked in each transaction that would write them; from then on they are left to it. */
  readonly isTakenOver?: (client: pg.ClientBase) => Promise<boolean>;
}

export interface ProjectorOptions {
  readonly pool: pg.Pool;
  readonly projection: Projection;
  /** Where events come from live; without it the journal is polled. */
  readonly live?: LiveEvents;
  readonly log: (level: 'info' | 'warn' | 'error', message: string, fields: object) => void;
  readonly maxBatch?: number;
  /** Told of events whose rows were committed, and when that began, in milliseconds since 1970. */
  readonly onApplied?: (events: readonly RecordedEvent[], startedAt: number) => void;
  /** Told before each new try. */
  readonly onFailure?: (error: unknown) => void;
}

/** A batch of so many is followed by a pause for more to gather: a large batch costs half of what small ones do for each event. */
const MANY = 100;

/**
 * Keeps one projection up to date from its own checkpoint: rows and checkpoint in one transaction. Several instances may
 * run: the checkpoint's row is the lock, and what one has applied the others pass over.
 */
export class Projector {
  private readonly row: Checkpoint;
  private readonly events: NextEvents;
  private checkpoint = 0;
  /** The transaction of ours that wrote the checkpoint last, as PostgreSQL numbers it. */
  private writer: string | undefined;
  private stopped = false;
  /** A newer version writes the rows: this one knows how far they are, for what it reads there. */
  private following = false;
  private projecting: Promise<void> | undefined;
  private readonly waiters = new Set<{ readonly position: number; readonly done: () => void }>();

  constructor(private readonly options: ProjectorOptions) {
    const { pool, projection, live, log, maxBatch = MAX_BATCH } = options;
    this.row = new Checkpoint(pool, projection.name);
    const lookBack = (): Promise<boolean> => this.lookBack();
    this.events = new NextEvents({ journal: new Journal(pool), live, log, maxBatch, after: () => this.checkpoint, lookBack });
  }

  /** Position of the newest event that the rows hold. */
  get position(): number {
    return this.checkpoint;
  }

  async start(): Promise<void> {
    this.checkpoint = await this.row.load();
    this.projecting = this.project();
    this.events.start();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.events.stop();
    await this.projecting;
    await this.events.ended();
  }

  /** Resolves true when the rows hold everything up to the position, false after the time-out. What is missing is fetched at once. */
  caughtUpTo(position: number, timeoutMs: number): Promise<boolean> {
    if (this.checkpoint >= position) return Promise.resolve(true);
    return new Promise((resolve) => {
      this.events.ask();
      const waiter = { position, done: () => settle(true) };
      const timer = setTimeout(() => settle(false), timeoutMs);
      const settle = (reached: boolean): void => {
        clearTimeout(timer);
        this.waiters.delete(waiter);
        resolve(reached);
      };
      this.waiters.add(waiter);
    });
  }

  private async project(): Promise<void> {
    while (!this.stopped) {
      try {
        await (this.following ? this.follow() : this.step());
      } catch (error) {
        if (this.stopped) return;
        this.options.projection.reset?.();
        this.options.onFailure?.(error);
        this.options.log('warn', 'projection has to try again', { projection: this.options.projection.name, error: (error as Error).message });
        await pause(RETRY_MS);
        if (!this.following) this.checkpoint = await this.row.load().catch(() => this.checkpoint);
      }
    }
  }

  private async step(): Promise<void> {
    const events = await this.events.take();
    if (events.length > 0) await this.apply(events);
    if (events.length >= MANY && this.waiters.size === 0) await this.events.gather();
  }

  /** Rows and checkpoint may have been taken back since, together: their commits need not have reached the disk when PostgreSQL ended. */
  private async lookBack(): Promise<boolean> {
    const reached = await this.row.read();
    if (reached >= this.checkpoint) return false;
    this.options.projection.reset?.();
    this.checkpoint = reached;
    return true;
  }

  private async follow(): Promise<void> {
    this.checkpoint = await this.row.read();
    this.tellWaiters();
    await pause(POLL_MS);
  }

  private leave(reached: number): number {
    const { projection, log } = this.options;
    this.following = true;
    this.events.stop();
    log('warn', 'rows are left to a newer version', { projection: projection.name });
    return reached;
  }

  private async apply(events: readonly RecordedEvent[]): Promise<void> {
    const { pool, projection, onApplied } = this.options;
    const client = await pool.connect();
    const startedAt = Date.now();
    let applied: readonly RecordedEvent[] = [];
    try {
      this.checkpoint = await inTransaction(client, async () => {
        const last = events.at(-1) as RecordedEvent;
        const { position: reached, writer, recorded } = await this.row.lock(client, last.position);
        if (writer !== this.writer) projection.reset?.();
        const next = events.filter(({ position }) => position > reached);
        if (next[0]?.position !== reached + 1) return reached;
        if (await projection.isTakenOver?.(client)) return this.leave(reached);
        if (recorded !== last.id) return this.passOver(last, reached);
        await projection.apply(client, next);
        this.writer = await this.row.move(client, last.position);
        applied = next;
        return last.position;
      });
    } finally {
      client.release();
    }
    if (applied.length > 0) onApplied?.(applied, startedAt);
    this.tellWaiters();
  }

  private tellWaiters(): void {
    for (const waiter of this.waiters) if (waiter.position <= this.checkpoint) waiter.done();
  }

  /** The stream goes on where a journal that was put back, or has lost its tail, does not: that is for an operator to settle. */
  private passOver({ position, id }: RecordedEvent, reached: number): number {
    this.events.forget();
    this.options.log('warn', 'the stream tells of an event that the journal does not hold', { position, id });
    return reached;
  }
}
