import type { NatsConnection } from '@nats-io/transport-node';
import { ask } from '@vfleet/service-kit';

/** One request to whoever answers a subject. @throws ApiError; 503 where nobody does */
export type Ask = (subject: string, body: object, timeoutMs: number) => Promise<unknown>;

/**
 * Asks in the name of the owner, and only as long as this instance is known to be it: one that was stopped must not order
 * what its successor has given up meanwhile. What was on its way before that has an id, or is refused by whoever decides.
 */
export const askAsOwner =
  (nats: NatsConnection, confirm: () => Promise<void> | undefined): Ask =>
  async (subject, body, timeoutMs) => {
    const confirmed = confirm();
    if (confirmed) await confirmed;
    return ask(nats, subject, body, timeoutMs);
  };
