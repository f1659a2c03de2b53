import { expect } from '@jest/globals';
import { jetstream, jetstreamManager, type Consumer, type StreamInfo } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { CloudEvent } from '@vfleet/contracts';
import { until } from '@vfleet/testing';
import type pg from 'pg';
import { head } from './log.js';

const COPIED_MS = 180_000;
const STREAM = 'VFLEET_EVT';

/** Resolves when the stream has as many events as the journal has now. */
export const copied = async (database: pg.Pool, nats: NatsConnection): Promise<void> => {
  const last = await head(database);
  await until(
    `${last} events in the stream`,
    async () => (await (await jetstreamManager(nats, { checkAPI: false })).streams.info(STREAM)).state.last_seq >= last,
    COPIED_MS,
  );
};

/** Of all events in the journal, in its order. */
export const eventIds = async (database: pg.Pool): Promise<readonly string[]> =>
  (await database.query<{ id: string }>('select event_id as id from journal.events order by position')).rows.map(({ id }) => id);

/**
 * The stream holds every event of the journal once, at the sequence that is its position, and nothing else, as the server has it
 * that leads it. Nobody writes meanwhile.
 */
export const expectCopyOfJournal = async (database: pg.Pool, nats: NatsConnection): Promise<void> => {
  await copied(database, nats);
  const ids = await eventIds(database);
  const { extent, found } = await until('the whole stream to be read', () => readStream(nats), COPIED_MS);
  expect(extent).toEqual([1, ids.length, ids.length]);
  expect(found.filter(({ sequence, position }, n) => sequence !== n + 1 || position !== String(sequence))).toEqual([]);
  expect(found.map(({ id }) => id)).toEqual(ids);
};

interface Found {
  readonly sequence: number;
  readonly id: string;
  readonly position: string;
}

/** First and last sequence and number of messages, and all of them. Throws where no server leads at this moment. */
const readStream = async (nats: NatsConnection): Promise<{ readonly extent: readonly number[]; readonly found: readonly Found[] }> => {
  const info = await (await jetstreamManager(nats, { checkAPI: false })).streams.info(STREAM);
  const { state } = info;
  const found: Found[] = [];
  const consumer = await atLeader(nats, info);
  const messages = await consumer.consume({ max_messages: 1_000, idle_heartbeat: 1_000, expires: 3_000 });
  for await (const message of messages) {
    const { id, position } = message.json<CloudEvent>();
    found.push({ sequence: message.seq, id, position });
    if (message.seq >= state.last_seq) break;
  }
  return { extent: [state.first_seq, state.last_seq, state.messages], found };
};

/** A server gives what it holds itself, and one that follows may hold less: only what the one that leads gives is the stream. Throws where the consumer is another's. */
const atLeader = async (nats: NatsConnection, { cluster: stream }: StreamInfo): Promise<Consumer> => {
  const consumer = await jetstream(nats).consumers.get(STREAM, {});
  const { cluster } = await consumer.info();
  if (cluster?.leader === stream?.leader) return consumer;
  await consumer.delete();
  throw new Error(`the consumer is on ${cluster?.leader}, and ${stream?.leader} leads`);
};
