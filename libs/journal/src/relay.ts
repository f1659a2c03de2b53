import type pg from 'pg';
import type { RecordedEvent } from './batch.js';
import { Journal } from './journal.js';
import type { CopiedMessage, CopyState, StreamCopy } from './stream-copy.js';

/** An event as it leaves. */
export interface Outgoing {
  readonly subject: string;
  readonly payload: string;
  readonly contentType: string;
  /** W3C trace context that the event belongs to; goes along as a header. */
  readonly traceparent?: string | undefined;
}

export interface RelayOptions {
  readonly pool: pg.Pool;
  readonly copy: StreamCopy;
  readonly encode: (event: RecordedEvent) => Outgoing;
  /** Told of events that were published, and when their publishing began, in milliseconds since 1970. */
  readonly onPublished?: (events: readonly RecordedEvent[], startedAt: number) => void;
  /** Told before each new try. */
  readonly onFailure?: (error: unknown) => void;
  /** Constant message plus fields. */
  readonly log: (level: 'info' | 'warn' | 'error', message: string, fields: object) => void;
}

/** The stream holds events that the journal does not: PostgreSQL has lost its tail. Nothing may be written until an operator has decided. */
export class StreamAhead extends Error {
  override readonly name = 'StreamAhead';
}

const WINDOW = 500;
/** Events that are kept for the relay at most; behind more than that it reads the journal. */
const MAX_OFFERED = 4 * WINDOW;
const BUSY_POLL_MS = 5;
const IDLE_POLL_MS = 250;
/** How long busy polling goes on after the last event. */
const BUSY_FOR_MS = 200;
const CHECK_STREAM_MS = 5_000;
const RETRY_MS = 200;

/**
 * Publishes the journal to its JetStream copy. The stream's sequence is the journal's position: event p is published
 * with the expectation that p-1 is the last. That one header is the fence between two relays, the guard against
 * doubles, the detector of loss and the healer; the relay keeps no checkpoint. Within a window each event also names the
 * one that it follows.
 */
export class Relay {
  private readonly journal: Journal;
  /** What was committed last, as far as it follows on each other. */
  private offered: RecordedEvent[] = [];
  private wake: (() => void) | undefined;
  private kicked = false;
  private stopped = false;
  private running: Promise<void> | undefined;
  /** Last sequence of the stream as far as is known; undefined: look it up. */
  private sequence: number | undefined;
  /** Id of the event there, where that is known. */
  private lastId: string | undefined;
  private checkedAt = 0;
  /** The last sequence that was known, while it has to be looked up again. */
  private reached = 0;
  private ahead: StreamAhead | undefined;
  private settle: () => void = () => undefined;
  /** Resolves when the stream was looked at for the first time: before that, nobody knows whether anything may be written. */
  readonly checked = new Promise<void>((resolve) => (this.settle = resolve));

  constructor(private readonly options: RelayOptions) {
    this.journal = new Journal(options.pool);
  }

  /** Position up to which the stream is known to be complete. */
  get position(): number {
    return this.sequence ?? this.reached;
  }

  /** The stream is ahead of the journal: nothing is published, and nothing may be written, until an operator has decided. */
  get halt(): StreamAhead | undefined {
    return this.ahead;
  }

  /** These were committed, or something whose places are not known: what follows on what was published need not be read. */
  offer(events: readonly RecordedEvent[]): void {
    const follows = this.offered.at(-1)?.position === (events[0]?.position ?? 0) - 1;
    this.offered = follows && this.offered.length + events.length <= MAX_OFFERED ? [...this.offered, ...events] : [...events];
    this.kick();
  }

  /** Something was committed: look at once. */
  kick(): void {
    this.kicked = true;
    this.wake?.();
  }

  start(): void {
    this.running ??= this.run();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.kick();
    await this.running;
  }

  private async run(): Promise<void> {
    let lastEventAt = 0;
    while (!this.stopped) {
      try {
        this.kicked = false;
        const published = await this.step();
        if (published > 0) lastEventAt = Date.now();
        if (published < WINDOW && !this.kicked) await this.pause(Date.now() - lastEventAt < BUSY_FOR_MS ? BUSY_POLL_MS : IDLE_POLL_MS);
      } catch (error) {
        this.sequence = undefined;
        const ahead = error instanceof StreamAhead;
        // Until a look at the stream says otherwise: that it cannot be reached changes nothing.
        if (ahead) this.ahead = error;
        if (ahead) this.settle();
        if (!this.stopped) this.options.onFailure?.(error);
        if (!this.stopped)
          this.options.log(ahead ? 'error' : 'warn', ahead ? 'stream is ahead of the journal' : 'relay has to try again', {
            error: (error as Error).message,
          });
        await this.pause(ahead ? CHECK_STREAM_MS : RETRY_MS);
      }
    }
  }

  /** Publishes what is there, at most one window; answers how many. */
  private async step(): Promise<number> {
    if (this.sequence === undefined || Date.now() - this.checkedAt > CHECK_STREAM_MS) await this.check();
    this.reached = this.sequence as number;
    const events = this.takeOffered() ?? (await this.readOn());
    const last = events.at(-1);
    if (!last) return 0;
    const startedAt = Date.now();
    // Only the last one is acknowledged: it is stored only where each before it was, for each expects the one before. By its
    // place alone it would take another event there for that one, which came late from before the journal lost its tail.
    const messages = events.map((event, index) => this.toMessage(event, events[index - 1]));
    for (const message of messages.slice(0, -1)) this.options.copy.send(message);
    const { seq, duplicate } = await this.options.copy.publish(messages.at(-1) as CopiedMessage);
    if (duplicate || seq !== last.position)
      throw new Error(`event ${last.position} was answered with sequence ${seq}${duplicate ? ', duplicate' : ''}`);
    this.sequence = last.position;
    this.lastId = last.id;
    this.options.onPublished?.(events, startedAt);
    return events.length;
  }

  /** The next window as the journal has it, as long as that has what was published last: at a fail-over it may have lost that. */
  private async readOn(): Promise<readonly RecordedEvent[]> {
    if (this.lastId === undefined) return this.journal.read(this.reached, WINDOW);
    const [last, ...events] = await this.journal.read(this.reached - 1, WINDOW + 1);
    this.confirm(last);
    return events;
  }

  private confirm(event: RecordedEvent | undefined): void {
    if (event?.id !== this.lastId) throw new Error(`event ${this.reached} is another one than was published`);
  }

  /** The next window, where it is known; what was published by now is forgotten. */
  private takeOffered(): readonly RecordedEvent[] | undefined {
    const published = this.offered.find(({ position }) => position === this.reached);
    if (published && this.lastId !== undefined) this.confirm(published);
    const from = this.offered.findIndex(({ position }) => position > this.reached);
    if (from < 0) {
      this.offered = [];
      return undefined;
    }
    if (this.offered[from]?.position !== this.reached + 1) return undefined;
    const window = this.offered.slice(from, from + WINDOW);
    this.offered = this.offered.slice(from + WINDOW);
    return window;
  }

  /** The first of a window follows what was acknowledged, or looked at; a server that was started again may not know its id any more. */
  private toMessage(event: RecordedEvent, before: RecordedEvent | undefined): CopiedMessage {
    return { ...this.options.encode(event), id: event.id, expectedLast: event.position - 1, follows: before?.id };
  }

  /** Looks at the stream: makes it when it is away, makes it anew when it has lost its beginning, and refuses to go on when it is ahead. */
  private async check(): Promise<void> {
    const { copy, log } = this.options;
    const { name: stream } = copy;
    const { last, first, messages, lastId } = await this.ensureStream();
    const head = await this.journal.head();
    if (last > head) throw new StreamAhead(`sequence ${last} of ${stream}, position ${head} of the journal`);
    await this.compare(last, lastId);
    if (messages < last - first + 1) {
      log('warn', 'stream has lost messages and is made anew', { stream, first, last, messages });
      await copy.remove();
      this.sequence = (await this.ensureStream()).last;
      this.lastId = undefined;
    } else {
      this.sequence = last;
      this.lastId = lastId;
    }
    this.ahead = undefined;
    this.checkedAt = Date.now();
    this.settle();
  }

  /** A journal that was cut short and has grown again may be as long as its copy, or longer: what tells is the copy's last event. */
  private async compare(last: number, lastId: string | undefined): Promise<void> {
    if (lastId === undefined) return;
    const [event] = await this.journal.readAt([last]);
    if (event?.id !== lastId) throw new StreamAhead(`event ${last} of ${this.options.copy.name} is another one than in the journal`);
  }

  private async ensureStream(): Promise<CopyState> {
    const { copy, log } = this.options;
    const there = await copy.state();
    if (there) return there;
    log('info', 'stream is created', { stream: copy.name });
    return copy.create(await this.firstSequence());
  }

  /** Where a new stream begins: servers from 2.10 can start where the slowest reader is, older ones start at 1. */
  private async firstSequence(): Promise<number> {
    if (!this.options.copy.canBeginLate) return 1;
    const { rows } = await this.options.pool.query<{ lowest: string | null }>('select min(position) as lowest from journal.checkpoints');
    return Number(rows[0]?.lowest ?? 0) + 1;
  }

  private pause(milliseconds: number): Promise<void> {
    if (this.kicked || this.stopped) return new Promise(setImmediate);
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
