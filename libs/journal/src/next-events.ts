import type { RecordedEvent } from './batch.js';
import type { Journal } from './journal.js';
import type { LiveEvents, LiveRead } from './live-events.js';

export interface NextEventsOptions {
  readonly journal: Journal;
  /** Where events come from live; without it the journal is polled. */
  readonly live?: LiveEvents | undefined;
  /** Events that are taken at once. */
  readonly maxBatch: number;
  /** The position after which the next ones are wanted. */
  readonly after: () => number;
  /** Whether that position has been taken back. Asked where the journal has no more. */
  readonly lookBack: () => Promise<boolean>;
  readonly log: (level: 'warn', message: string, fields: object) => void;
}

export const MAX_BATCH = 1_000;
/** What may wait in memory; beyond it the consumer is not read any further. */
const MAX_QUEUED = 5_000;
const FULL_POLL_MS = 5;
/** How long nothing may come before the journal itself is asked. */
const QUIET_MS = 500;
/** The same where nothing comes live. */
export const POLL_MS = 20;
const GATHER_MS = 60;
export const RETRY_MS = 200;
const LEAVE_MS = 2_000;

/**
 * The events after a position, each once and in order: heard live, and where there is a hole, or a long way to go, read from the
 * journal. It keeps no state in JetStream, so the stream can be lost and come back.
 */
export class NextEvents {
  private queue: RecordedEvent[] = [];
  private wake: (() => void) | undefined;
  /** Ends the pause in which more gathers. */
  private hurry: (() => void) | undefined;
  /** There is something in the journal: somebody waits for it, or the last page was full. */
  private asked = true;
  /** The next page of a long way, read while the one before is applied. */
  private ahead: { readonly after: number; readonly events: Promise<readonly RecordedEvent[]> } | undefined;
  /** A long way is read from the journal; only what comes after it is heard live. */
  private readonly caughtUp = signal();
  private stopped = false;
  private receiving: Promise<void> | undefined;
  private messages: LiveRead | undefined;

  constructor(private readonly options: NextEventsOptions) {}

  start(): void {
    if (this.options.live) this.receiving = this.receive(this.options.live);
  }

  /** Nothing is heard any more, and what was heard is forgotten. */
  stop(): void {
    this.stopped = true;
    this.queue = [];
    this.messages?.stop();
    this.caughtUp.resolve();
    this.wake?.();
    this.hurry?.();
  }

  /** Resolves after `stop`. A consumer whose stream is away may take its time to end: it is not waited for long. */
  async ended(): Promise<void> {
    await Promise.race([this.receiving, pause(LEAVE_MS)]);
  }

  /** Somebody waits: what is missing is fetched at once. */
  ask(): void {
    this.asked = true;
    this.wake?.();
    this.hurry?.();
  }

  /** What was heard is not, or not yet, in the journal: only what the journal says has happened. */
  forget(): void {
    this.queue = [];
    this.asked = true;
  }

  /** The next events after the position, without a hole; none where nothing has come for a while. */
  async take(): Promise<readonly RecordedEvent[]> {
    if (this.queue.length === 0 && !this.asked) await this.quiet();
    this.asked = false;
    const after = this.options.after();
    while (this.queue[0] && this.queue[0].position <= after) this.queue.shift();
    const first = this.queue[0];
    if (!first || first.position > after + 1) return this.fetch(after);
    let length = 1;
    while (length < this.options.maxBatch && this.queue[length]?.position === first.position + length) length += 1;
    return this.queue.splice(0, length);
  }

  /** Waits a moment for more, unless there is much already, or somebody waits. */
  async gather(): Promise<void> {
    if (this.asked || this.queue.length >= MAX_BATCH) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, GATHER_MS);
      this.hurry = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** From the journal itself. A full page says that there is more: no waiting before the next. */
  private async fetch(after: number): Promise<readonly RecordedEvent[]> {
    const { journal, maxBatch, lookBack } = this.options;
    const ahead = this.ahead?.after === after ? this.ahead.events : journal.read(after, maxBatch);
    this.ahead = undefined;
    const events = await ahead;
    if (events.length === 0 && this.queue.length > 0) this.forget();
    if (events.length === 0 && (await lookBack())) this.forget();
    if (events.length === maxBatch) {
      const last = after + events.length;
      this.asked = true;
      this.ahead = { after: last, events: journal.read(last, maxBatch) };
      // Whoever takes it hears of the failure.
      this.ahead.events.catch(() => undefined);
    } else this.caughtUp.resolve();
    return events;
  }

  private async receive(live: LiveEvents): Promise<void> {
    await this.caughtUp.promise;
    while (!this.stopped) {
      try {
        await this.hear(live);
      } catch (error) {
        if (!this.stopped) this.options.log('warn', 'projector lost its consumer', { error: (error as Error).message });
      }
      if (!this.stopped) await pause(RETRY_MS);
    }
  }

  private async hear(live: LiveEvents): Promise<void> {
    this.messages = await live((this.queue.at(-1)?.position ?? this.options.after()) + 1);
    if (this.stopped) this.messages.stop();
    for await (const event of this.messages.events) {
      this.queue.push(event);
      this.wake?.();
      if (this.queue.length >= MAX_BATCH) this.hurry?.();
      while (this.queue.length > MAX_QUEUED && !this.stopped) await pause(FULL_POLL_MS);
    }
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

export const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

const signal = (): { readonly promise: Promise<void>; readonly resolve: () => void } => {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
};
