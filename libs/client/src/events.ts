import { DeliverPolicy, jetstream } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { STREAMS, type CloudEvent } from '@vfleet/contracts';
import { endWhereBehind } from './end-where-behind.js';
import { endWhereSilent } from './end-where-silent.js';

/** Pause before the stream is looked for again after it vanished, in ms. */
const RETRY_MS = 250;
/**
 * Two heartbeats that do not come end reading from a consumer, and another one is made; where no server leads, it is asked for again
 * after the time that a question stands. The library's own are 15 s and 30 s.
 */
const ASKING = { idle_heartbeat: 2_000, expires: 5_000 };

/** What is published from now on. */
export const eventsNow = (nats: NatsConnection, subject: string): AsyncIterableIterator<CloudEvent> => {
  const subscription = nats.subscribe(subject);
  const messages = subscription[Symbol.asyncIterator]();
  return iterator(
    async () => {
      const { done, value } = await messages.next();
      return done ? undefined : value.json<CloudEvent>();
    },
    () => subscription.unsubscribe(),
  );
};

/**
 * Everything from a position on, then what follows. The stream's sequence is the journal's position, so that a
 * stream that was lost and healed is taken up where the last one broke off.
 */
export const eventsFrom = (nats: NatsConnection, subject: string, fromPosition: number): AsyncIterableIterator<CloudEvent> => {
  let position = fromPosition;
  /** Whoever reads has not asked for the next one yet. */
  let busy = false;
  let stopped = false;
  let stop = (): void => {};
  async function* run(): AsyncGenerator<CloudEvent, void> {
    while (!stopped && !nats.isClosed()) {
      try {
        // A single filter is given as text: servers before 2.10 take no list.
        const options = { filter_subjects: subject, deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: position };
        const consumer = await jetstream(nats).consumers.get(STREAMS.EVT.name, options);
        const messages = await consumer.consume({ ...ASKING, abort_on_missing_resource: true });
        endWhereSilent(nats, messages);
        endWhereBehind(nats, messages, { subject, next: () => (busy ? undefined : position) });
        stop = () => messages.stop();
        if (stopped) stop();
        for await (const message of messages) {
          position = message.seq + 1;
          busy = true;
          yield message.json<CloudEvent>();
          busy = false;
        }
      } catch (error) {
        if (/permissions violation/i.test((error as Error).message)) throw error;
        // The server or the stream is away; both come back, and nothing is lost meanwhile.
      }
      if (!stopped) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
  const events = run();
  return iterator(
    async () => (await events.next()).value ?? undefined,
    () => {
      stopped = true;
      stop();
      // Ends what is between two events as well; where the next one is waited for, it comes after that.
      void events.return();
    },
  );
};

const iterator = (next: () => Promise<CloudEvent | undefined>, close: () => void): AsyncIterableIterator<CloudEvent> => ({
  [Symbol.asyncIterator]() {
    return this;
  },
  async next() {
    const value = await next();
    return value === undefined ? { done: true, value } : { done: false, value };
  },
  async return() {
    close();
    return { done: true, value: undefined };
  },
});
