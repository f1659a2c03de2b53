import { jetstream } from '@nats-io/jetstream';
import type { LogEvent } from './findings.js';
import { COPY } from './read-log.js';
import type { Stage } from './stage.js';

/** For controls: publishes events as a relay would that neither says what it expects nor names its messages. */
export const publishCarelessly = async ({ nats }: Stage, events: readonly LogEvent[]): Promise<void> => {
  const js = jetstream(nats);
  for (const { id, position } of events)
    await js.publish(`vfleet.evt.device.h0.${id}.Copied`, JSON.stringify({ id, position: String(position) }), { expect: { streamName: COPY } });
};
