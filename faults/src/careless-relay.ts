import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { insist } from '@vfleet/testing';
import type { LogEvent } from './findings.js';
import { COPY } from './read-log.js';
import type { Stage } from './stage.js';

/** A server that has just been started again may need so long for one message, in ms. */
const PATIENCE_MS = 30_000;

/** For controls: publishes events as a relay would that neither says what it expects nor names its messages. */
export const publishCarelessly = async ({ nats }: Stage, events: readonly LogEvent[]): Promise<void> => {
  await insist(async () => (await jetstreamManager(nats)).streams.info(COPY));
  const js = jetstream(nats, { timeout: PATIENCE_MS });
  for (const { id, position } of events)
    await js.publish(`vfleet.evt.device.h0.${id}.Copied`, JSON.stringify({ id, position: String(position) }), { expect: { streamName: COPY } });
};
