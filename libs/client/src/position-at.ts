import { JetStreamApiError, jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { STREAMS, type CloudEvent } from '@vfleet/contracts';

/**
 * Position of the first event that was recorded at a time or later; one after the newest where there is none. Events
 * are in order of time, so it is found by halving. The stream's own times are no help: one that was lost and healed
 * has got every message anew.
 */
export const positionAt = async (nats: NatsConnection, time: Date): Promise<number> => {
  const { streams } = await jetstreamManager(nats, { checkAPI: false });
  const { state } = await streams.info(STREAMS.EVT.name);
  const recordedAt = async (position: number): Promise<number> => {
    const message = await streams.getMessage(STREAMS.EVT.name, { seq: position }).catch(orMissing);
    return message ? Date.parse(message.json<CloudEvent>().time) : Number.NEGATIVE_INFINITY;
  };
  // An empty stream that never held anything begins at 0, where no message can be.
  let [low, high] = [Math.max(1, state.first_seq), state.last_seq + 1];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if ((await recordedAt(middle)) >= time.getTime()) high = middle;
    else low = middle + 1;
  }
  return low;
};

/** "no message found" in the server's numbering. */
const NO_MESSAGE = 10_037;

/** A message that is not there any more is older than all that are. */
const orMissing = (error: unknown): null => {
  if (error instanceof JetStreamApiError && error.code === NO_MESSAGE) return null;
  throw error;
};
