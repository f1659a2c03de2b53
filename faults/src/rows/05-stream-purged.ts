import { jetstreamManager } from '@nats-io/jetstream';
import { insist } from '@vfleet/testing';
import type { FaultRow } from '../fault-row.js';
import { lossOfStream } from '../loss-of-stream.js';
import { COPY } from '../read-log.js';

export const row: FaultRow = {
  number: 5,
  fault: 'stream purged while its messages still count as doubles',
  promise: 'the stream is made whole again',
  quick: false,
  ...lossOfStream(async (stage) => {
    await insist(async () => (await jetstreamManager(stage.nats)).streams.purge(COPY));
  }),
};
