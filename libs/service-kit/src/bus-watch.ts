import type { NatsConnection } from '@nats-io/transport-node';

/** Follows a connection that stands now: answers whether it still does. */
export const watchBus = (nats: NatsConnection): (() => boolean) => {
  let connected = true;
  const follow = async (): Promise<void> => {
    for await (const { type } of nats.status()) {
      if (type === 'disconnect') connected = false;
      if (type === 'reconnect') connected = true;
    }
    connected = false;
  };
  void follow();
  return () => connected;
};
