import { DeliverPolicy, jetstream, type JsMsg } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { endWhereSilent } from './end-where-silent.js';
import type { RecordedEvent } from './batch.js';

/** Events as they come; iterating throws where the stream is away. */
export interface LiveRead {
  readonly events: AsyncIterable<RecordedEvent>;
  stop(): void;
}

/** The copy of the journal as its readers hear it: each event from a position on, in order. */
export type LiveEvents = (from: number) => Promise<LiveRead>;

export interface JetStreamEventsOptions {
  readonly nats: NatsConnection;
  readonly stream: string;
  readonly decode: (message: JsMsg) => RecordedEvent;
}

/** Messages that are under way to a reader. */
const MAX_MESSAGES = 1_000;
/**
 * Two heartbeats that do not come end reading from a consumer, and another one is made; where no server leads, it is asked for again
 * after the time that a question stands. The library's own are 15 s and 30 s.
 */
const ASKING = { idle_heartbeat: 2_000, expires: 5_000 };

/** An ordered consumer for each read: nothing of it is kept in the server. */
export const jetStreamEvents =
  ({ nats, stream, decode }: JetStreamEventsOptions): LiveEvents =>
  async (from) => {
    const consumer = await jetstream(nats).consumers.get(stream, { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: from });
    const messages = await consumer.consume({ max_messages: MAX_MESSAGES, ...ASKING, abort_on_missing_resource: true });
    endWhereSilent(nats, messages);
    return { events: decoded(messages, decode), stop: () => messages.stop() };
  };

async function* decoded(messages: AsyncIterable<JsMsg>, decode: (message: JsMsg) => RecordedEvent): AsyncIterable<RecordedEvent> {
  for await (const message of messages) yield decode(message);
}
