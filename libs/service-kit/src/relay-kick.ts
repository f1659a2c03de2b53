import type { NatsConnection } from '@nats-io/transport-node';

const SUBJECT = 'vfleet.internal.relay.kick';

/**
 * One service relays the journal, whoever writes to it: what a second relay publishes in vain the stream refuses, but plain
 * subscribers would hear it twice. Others say that they have committed something; who misses that looks by itself soon.
 */
export const kickRelay = (nats: NatsConnection): void => nats.publish(SUBJECT);

/** Calls back whenever another service has committed something. */
export const onRelayKick = (nats: NatsConnection, kick: () => void): void => {
  nats.subscribe(SUBJECT, { callback: () => kick() });
};
