import { DeliverPolicy, jetstream, jetstreamManager, type ConsumerMessages } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { STREAMS } from '@vfleet/contracts';
import { endWhereSilent } from '@vfleet/journal';
import type { Log } from '@vfleet/messaging';
import { EventHistory } from './event-history.js';
import { toLiveEvent, type LiveEvent } from './live-event.js';
import { RecentEvents } from './recent-events.js';

export interface EventFeedOptions {
  readonly log: Log;
  /** Newest events that stay in memory, for all readers together. */
  readonly kept?: number;
}

const KEPT = 5_000;
const RETRY_MS = 250;
/**
 * Two heartbeats that do not come end reading from a consumer, and another one is made; where no server leads, it is asked for again
 * after the time that a question stands. The library's own are 15 s and 30 s.
 */
const ASKING = { idle_heartbeat: 2_000, expires: 5_000 };
/** News are told together: at 2,000 events a second, a reader is woken 20 times. */
const NEWS_MS = 50;

/**
 * The journal's events for all open pages: one ordered consumer, its newest events kept once, and no buffer per page. A
 * page says how far it is and takes what comes next; one that is further back than what is kept reads the stream itself.
 */
export class EventFeed {
  readonly recent: RecentEvents;
  private readonly listeners = new Set<() => unknown>();
  private history: EventHistory | undefined;
  private messages: ConsumerMessages | undefined;
  private pending: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(private readonly options: EventFeedOptions) {
    this.recent = new RecentEvents(options.kept ?? KEPT);
  }

  /** Receives until it is stopped, from a little before the stream's end on; the stream may be away, be lost and come back. */
  async run(nats: NatsConnection): Promise<void> {
    this.history = new EventHistory(nats, STREAMS.EVT.name);
    for (let told = false; !this.stopped && !nats.isClosed();) {
      try {
        await this.receive(nats, () => (told = false));
      } catch (error) {
        if (!this.stopped && !told) this.options.log('warn', 'the events cannot be followed', { error: (error as Error).message });
        told = true;
      }
      if (!this.stopped) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  /** Calls back when there are new events, and when the feed ends, until the function that it returns is called. */
  onNews(listener: () => unknown): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Events from a position on that are not kept any more, some of them; an empty list says that they are gone. */
  past(from: number): Promise<readonly LiveEvent[]> {
    return this.history?.read(from, this.recent.first - 1) ?? Promise.resolve([]);
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.pending);
    this.messages?.stop();
  }

  private async receive(nats: NatsConnection, received: () => void): Promise<void> {
    const from = this.recent.isEmpty ? await this.tail(nats) : this.recent.last + 1;
    const options = { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: from };
    const consumer = await jetstream(nats).consumers.get(STREAMS.EVT.name, options);
    this.messages = await consumer.consume({ ...ASKING, abort_on_missing_resource: true });
    endWhereSilent(nats, this.messages);
    if (this.stopped) this.messages.stop();
    received();
    for await (const message of this.messages) {
      this.recent.add(toLiveEvent(message.subject, message.seq, message.data));
      this.pending ??= setTimeout(() => this.tell(), NEWS_MS);
    }
  }

  /** Where to begin so that those who come first find something to see. */
  private async tail(nats: NatsConnection): Promise<number> {
    const { state } = await (await jetstreamManager(nats)).streams.info(STREAMS.EVT.name);
    const from = Math.max(1, state.first_seq, state.last_seq - this.recent.capacity + 1);
    this.recent.startAt(from);
    return from;
  }

  private tell(): void {
    this.pending = undefined;
    for (const listener of this.listeners) listener();
  }
}
