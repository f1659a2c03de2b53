import type { ConsumerMessages } from '@nats-io/jetstream';
import type { NatsConnection, QueuedIterator, Status } from '@nats-io/nats-core';

/**
 * Ends reading where nothing was heard for two heartbeats, or the connection had to find another server: whoever reads makes a new
 * consumer. An ordered consumer is kept by one server of a cluster alone; where that is gone, the library asks for it until it is back.
 */
export const endWhereSilent = (nats: NatsConnection, messages: ConsumerMessages): void => {
  // It can be stopped, though its type does not say so.
  const connection = nats.status() as QueuedIterator<Status>;
  void endOn(messages, messages.status(), 'heartbeats_missed');
  void endOn(messages, connection, 'reconnect');
  void messages.closed().then(() => connection.stop());
};

const endOn = async (messages: ConsumerMessages, told: AsyncIterable<{ readonly type: string }>, end: string): Promise<void> => {
  for await (const { type } of told) if (type === end) messages.stop();
};
