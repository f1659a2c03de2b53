import type pg from 'pg';
import { inTransaction } from './migrate.js';
import { Journal, type RecordedEvent } from './journal.js';
import type { LiveEvents, LiveRead } from './live-events.js';

/** Makes rows of events. Called with every event once, in order; what it writes commits together with the checkpoint. */
export interface Projection {
  /** Name of its checkpoint. */
  readonly name: string;
  readonly apply: (client: pg.ClientBase, events: readonly RecordedEvent[]) => Promise<void>;
  /** The last batch was rolled back, or somebody else wrote the rows: forget what was kept in memory of them. */
  readonly reset?: () => void;
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

const MAX_BATCH = 1_000;
/** What may wait in memory; beyond it the consumer is not read any further. */
const MAX_QUEUED = 5_000;
/** How long nothing may come before the journal itself is asked. */
const QUIET_MS = 500;
/** The same where nothing comes live. */
const POLL_MS = 20;
/** A batch of so many is followed by a pause for more to gather: a large batch costs half of what small ones do for each event. */
const MANY = 100;
const GATHER_MS = 60;
const RETRY_MS = 200;
const LEAVE_MS = 2_000;

/**
 * Keeps one projection up to date: an ordered consumer from its own checkpoint, holes filled from the journal, rows
 * and checkpoint in one transaction. It keeps no state in JetStream, so the stream can be lost and come back. Several
 * instances may run: the checkpoint's row is the lock, and what one has applied the others pass over.
 */
export class Projector {
  private readonly journal: Journal;
  private readonly maxBatch: number;
  private queue: RecordedEvent[] = [];
  private checkpoint = 0;
  /** The transaction of ours that wrote the checkpoint last, as PostgreSQL numbers it. */
  private writer: string | undefined;
  private wake: (() => void) | undefined;
  /** Ends the pause in which more gathers. */
  private hurry: (() => void) | undefined;
  /** There is something in the journal: somebody waits for it, or the last page was full. */
  private asked = false;
  /** The next page of a long way, read while the one before is applied. */
  private ahead: { readonly after: number; readonly events: Promise<readonly RecordedEvent[]> } | undefined;
  /** A long way is read from the journal; only what comes after it is heard live. */
  private readonly caughtUp = signal();
  private stopped = false;
  private projecting: Promise<void> | undefined;
  private receiving: Promise<void> | undefined;
  private messages: LiveRead | undefined;
  private readonly waiters = new Set<{ readonly position: number; readonly done: () => void }>();

  constructor(private readonly options: ProjectorOptions) {
    this.journal = new Journal(options.pool);
    this.maxBatch = options.maxBatch ?? MAX_BATCH;
  }

  /** Position of the newest event that the rows hold. */
  get position(): number {
    return this.checkpoint;
  }

  async start(): Promise<void> {
    this.checkpoint = await this.loadCheckpoint();
    this.asked = true;
    this.projecting = this.project();
    if (this.options.live) this.receiving = this.receive(this.options.live);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.messages?.stop();
    this.caughtUp.resolve();
    this.wake?.();
    this.hurry?.();
    await this.projecting;
    // A consumer whose stream is away may take its time to end; it writes nothing, so it need not be waited for long.
    await Promise.race([this.receiving, pause(LEAVE_MS)]);
  }

  /** Resolves true when the rows hold everything up to the position, false after the time-out. What is missing is fetched at once. */
  caughtUpTo(position: number, timeoutMs: number): Promise<boolean> {
    if (this.checkpoint >= position) return Promise.resolve(true);
    return new Promise((resolve) => {
      this.asked = true;
      this.wake?.();
      this.hurry?.();
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

  private async loadCheckpoint(): Promise<number> {
    const { rows } = await this.options.pool.query<{ position: string }>({
      text: `insert into journal.checkpoints (name, position) values ($1, 0)
             on conflict (name) do update set position = checkpoints.position returning position`,
      values: [this.options.projection.name],
    });
    return Number(rows[0]?.position);
  }

  private async receive(live: LiveEvents): Promise<void> {
    await this.caughtUp.promise;
    while (!this.stopped) {
      try {
        const next = (this.queue.at(-1)?.position ?? this.checkpoint) + 1;
        this.messages = await live(next);
        if (this.stopped) this.messages.stop();
        for await (const event of this.messages.events) {
          this.queue.push(event);
          this.wake?.();
          if (this.queue.length >= MAX_BATCH) this.hurry?.();
          while (this.queue.length > MAX_QUEUED && !this.stopped) await pause(5);
        }
      } catch (error) {
        if (!this.stopped) this.options.log('warn', 'projector lost its consumer', { error: (error as Error).message });
      }
      if (!this.stopped) await pause(RETRY_MS);
    }
  }

  private async project(): Promise<void> {
    while (!this.stopped) {
      try {
        const events = await this.next();
        if (events.length > 0) await this.apply(events);
        if (events.length >= MANY && !this.asked && this.waiters.size === 0 && this.queue.length < MAX_BATCH) await this.gather();
      } catch (error) {
        if (this.stopped) return;
        this.options.projection.reset?.();
        this.options.onFailure?.(error);
        this.options.log('warn', 'projection has to try again', { projection: this.options.projection.name, error: (error as Error).message });
        await pause(RETRY_MS);
        this.checkpoint = await this.loadCheckpoint().catch(() => this.checkpoint);
      }
    }
  }

  /** The next events after the checkpoint, without a hole. */
  private async next(): Promise<readonly RecordedEvent[]> {
    if (this.queue.length === 0 && !this.asked) await this.quiet();
    this.asked = false;
    while (this.queue[0] && this.queue[0].position <= this.checkpoint) this.queue.shift();
    const first = this.queue[0];
    if (!first || first.position > this.checkpoint + 1) return this.fetch();
    let length = 1;
    while (length < this.maxBatch && this.queue[length]?.position === first.position + length) length += 1;
    return this.queue.splice(0, length);
  }

  /** From the journal itself. A full page says that there is more: no waiting before the next. */
  private async fetch(): Promise<readonly RecordedEvent[]> {
    const after = this.checkpoint;
    const ahead = this.ahead?.after === after ? this.ahead.events : this.journal.read(after, this.maxBatch);
    this.ahead = undefined;
    const events = await ahead;
    if (events.length === 0) await this.lookBack();
    if (events.length === this.maxBatch) {
      const last = after + events.length;
      this.asked = true;
      this.ahead = { after: last, events: this.journal.read(last, this.maxBatch) };
      // Whoever takes it hears of the failure.
      this.ahead.events.catch(() => undefined);
    } else this.caughtUp.resolve();
    return events;
  }

  /** Rows and checkpoint may have been taken back since, together: their commits need not have reached the disk when PostgreSQL ended. */
  private async lookBack(): Promise<void> {
    const { rows } = await this.options.pool.query<{ position: string }>({
      name: 'look back',
      text: 'select position from journal.checkpoints where name = $1',
      values: [this.options.projection.name],
    });
    const reached = Number(rows[0]?.position ?? 0);
    if (reached >= this.checkpoint) return;
    this.options.projection.reset?.();
    this.queue = [];
    this.checkpoint = reached;
    this.asked = true;
  }

  private async apply(events: readonly RecordedEvent[]): Promise<void> {
    const { pool, projection, onApplied } = this.options;
    const client = await pool.connect();
    const startedAt = Date.now();
    let applied: readonly RecordedEvent[] = [];
    try {
      this.checkpoint = await inTransaction(client, async () => {
        const { reached, writer } = await this.lockCheckpoint(client);
        if (writer !== this.writer) projection.reset?.();
        const next = events.filter(({ position }) => position > reached);
        if (next[0]?.position !== reached + 1) return reached;
        await projection.apply(client, next);
        const last = (next.at(-1) as RecordedEvent).position;
        this.writer = await this.moveCheckpoint(client, last);
        applied = next;
        return last;
      });
    } finally {
      client.release();
    }
    if (applied.length > 0) onApplied?.(applied, startedAt);
    for (const waiter of this.waiters) if (waiter.position <= this.checkpoint) waiter.done();
  }

  /**
   * Answers how far the rows are, and keeps other instances waiting until the transaction ends. Its commit need not
   * reach the disk at once: a crash takes rows and checkpoint back together, and the journal still has the events.
   */
  private async lockCheckpoint(client: pg.ClientBase): Promise<{ readonly reached: number; readonly writer: string }> {
    const { rows } = await client.query<{ position: string; writer: string }>({
      name: 'lock checkpoint',
      text: `select position, xmin::text as writer, set_config('synchronous_commit', 'off', true) from journal.checkpoints where name = $1 for update`,
      values: [this.options.projection.name],
    });
    if (!rows[0]) throw new Error(`the checkpoint ${this.options.projection.name} is gone`);
    return { reached: Number(rows[0].position), writer: rows[0].writer };
  }

  private async moveCheckpoint(client: pg.ClientBase, position: number): Promise<string | undefined> {
    const { rows } = await client.query<{ writer: string }>({
      name: 'move checkpoint',
      text: 'update journal.checkpoints set position = $2, updated_at = now() where name = $1 returning xmin::text as writer',
      values: [this.options.projection.name, position],
    });
    return rows[0]?.writer;
  }

  private gather(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, GATHER_MS);
      this.hurry = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  private quiet(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, this.options.live ? QUIET_MS : POLL_MS);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

const signal = (): { readonly promise: Promise<void>; readonly resolve: () => void } => {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
};
