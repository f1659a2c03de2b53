import { headers, type MsgHdrs, type NatsConnection } from '@nats-io/nats-core';
import {
  JetStreamApiError,
  jetstream,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
  type JetStreamClient,
  type JetStreamManager,
  type StreamInfo,
} from '@nats-io/jetstream';
import type pg from 'pg';
import { Journal, type RecordedEvent } from './journal.js';

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
  readonly nats: NatsConnection;
  readonly stream: string;
  readonly subjects: readonly string[];
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
/** The fence against doubles is the expected sequence; a long window would swallow what is published again after a purge. */
const DUPLICATE_WINDOW_NS = 100_000_000;
const STREAM_NOT_FOUND = 10_059;

/**
 * Publishes the journal to its JetStream copy. The stream's sequence is the journal's position: event p is published
 * with the expectation that p-1 is the last. That one header is the fence between two relays, the guard against
 * doubles, the detector of loss and the healer; the relay keeps no checkpoint.
 */
export class Relay {
  private readonly journal: Journal;
  private readonly js: JetStreamClient;
  /** What was committed last, as far as it follows on each other. */
  private offered: RecordedEvent[] = [];
  private wake: (() => void) | undefined;
  private kicked = false;
  private stopped = false;
  private running: Promise<void> | undefined;
  /** Last sequence of the stream as far as is known; undefined: look it up. */
  private sequence: number | undefined;
  private checkedAt = 0;
  /** The last sequence that was known, while it has to be looked up again. */
  private reached = 0;
  private ahead = false;

  constructor(private readonly options: RelayOptions) {
    this.journal = new Journal(options.pool);
    this.js = jetstream(options.nats);
  }

  /** Position up to which the stream is known to be complete. */
  get position(): number {
    return this.sequence ?? this.reached;
  }

  /** The stream is ahead of the journal: nothing is published until an operator has decided. */
  get isStopped(): boolean {
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
        this.ahead = ahead;
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
    const events = this.takeOffered() ?? (await this.journal.read(this.reached, WINDOW));
    const last = events.at(-1);
    if (!last) return 0;
    const startedAt = Date.now();
    // Only the last one is acknowledged: it is stored only where each before it was, for each expects the one before.
    for (const event of events.slice(0, -1)) {
      const { subject, payload, headers: carried } = this.toMessage(event);
      this.options.nats.publish(subject, payload, { headers: carried });
    }
    const { subject, payload, headers: carried } = this.toMessage(last);
    const { seq, duplicate } = await this.js.publish(subject, payload, { headers: carried });
    if (duplicate || seq !== last.position)
      throw new Error(`event ${last.position} was answered with sequence ${seq}${duplicate ? ', duplicate' : ''}`);
    this.sequence = last.position;
    this.options.onPublished?.(events, startedAt);
    return events.length;
  }

  /** The next window, where it is known; what was published by now is forgotten. */
  private takeOffered(): readonly RecordedEvent[] | undefined {
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

  private toMessage(event: RecordedEvent): { readonly subject: string; readonly payload: string; readonly headers: MsgHdrs } {
    const { subject, payload, contentType, traceparent } = this.options.encode(event);
    const carried = headers();
    carried.set('content-type', contentType);
    carried.set('Nats-Expected-Last-Sequence', String(event.position - 1));
    carried.set('Nats-Msg-Id', event.id);
    if (traceparent !== undefined) carried.set('traceparent', traceparent);
    return { subject, payload, headers: carried };
  }

  /** Looks at the stream: makes it when it is away, makes it anew when it has lost its beginning, and refuses to go on when it is ahead. */
  private async check(): Promise<void> {
    const manager = await jetstreamManager(this.options.nats);
    const info = await this.ensureStream(manager);
    const { last_seq: last, messages } = info.state;
    const head = await this.journal.head();
    if (last > head) throw new StreamAhead(`sequence ${last} of ${this.options.stream}, position ${head} of the journal`);
    const first = firstOf(info);
    if (messages < last - first + 1) {
      this.options.log('warn', 'stream has lost messages and is made anew', { stream: this.options.stream, first, last, messages });
      await manager.streams.delete(this.options.stream);
      await this.ensureStream(manager);
      this.sequence = (await manager.streams.info(this.options.stream)).state.last_seq;
    } else this.sequence = last;
    this.ahead = false;
    this.checkedAt = Date.now();
  }

  private async ensureStream(manager: JetStreamManager): Promise<StreamInfo> {
    const { stream, subjects } = this.options;
    try {
      return await manager.streams.info(stream);
    } catch (error) {
      if (!(error instanceof JetStreamApiError) || error.apiError().err_code !== STREAM_NOT_FOUND) throw error;
    }
    this.options.log('info', 'stream is created', { stream });
    return manager.streams.add({
      name: stream,
      subjects: [...subjects],
      storage: StorageType.File,
      retention: RetentionPolicy.Limits,
      duplicate_window: DUPLICATE_WINDOW_NS,
      allow_direct: true,
      ...(await this.firstSequence()),
    });
  }

  /** Where a new stream begins: servers from 2.10 can start where the slowest reader is, older ones start at 1. */
  private async firstSequence(): Promise<{ first_seq?: number }> {
    const [major = 0, minor = 0] = (this.options.nats.info?.version ?? '0.0').split('.').map(Number);
    if (major < 2 || (major === 2 && minor < 10)) return {};
    const { rows } = await this.options.pool.query<{ lowest: string | null }>('select min(position) as lowest from journal.checkpoints');
    return { first_seq: Number(rows[0]?.lowest ?? 0) + 1 };
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

/**
 * The sequence that a stream has to begin with: the one that it was made with. What its state names as its first says nothing,
 * for after a purge that is the next one. Only where an operator has limited the stream, its beginning may be gone rightly.
 */
const firstOf = ({ config, state }: StreamInfo): number => {
  const isLimited = config.max_age > 0 || config.max_msgs > 0 || config.max_bytes > 0 || config.max_msgs_per_subject > 0;
  return isLimited ? Math.max(1, state.first_seq) : Math.max(1, config.first_seq ?? 1);
};
