import { jetstream } from '@nats-io/jetstream';
import { headers, type NatsConnection } from '@nats-io/transport-node';
import { unavailable } from '@vfleet/contracts';
import type { DeadLetter } from '@vfleet/journal';

/** What the bus would take for a repetition, and what was expected of the stream then. */
const NOT_AGAIN = /^Nats-(Msg-Id|Expected-)/i;

/**
 * Publishes a fact to the subject that it came on, and resolves when the bus has it.
 * @throws ApiError 503
 */
export const publishAgain = async (
  nats: NatsConnection,
  { subject, headers: carried, payload }: Pick<DeadLetter, 'subject' | 'headers' | 'payload'>,
): Promise<void> => {
  const again = headers();
  for (const [name, values] of Object.entries(carried)) if (!NOT_AGAIN.test(name)) for (const value of values) again.append(name, value);
  await jetstream(nats)
    .publish(subject, payload, { headers: again })
    .catch((error: unknown) => {
      throw unavailable(`the bus does not take it: ${(error as Error).message}`);
    });
};
