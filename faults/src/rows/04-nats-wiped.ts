import { rmSync } from 'node:fs';
import type { FaultRow } from '../fault-row.js';
import { lossOfStream } from '../loss-of-stream.js';
import { jetstreamFolder } from '../nats-data.js';

export const row: FaultRow = {
  number: 4,
  fault: 'NATS directory wiped',
  promise: 'the stream is made anew from the journal',
  quick: true,
  ...lossOfStream(async (stage) => {
    await stage.bus.kill();
    rmSync(jetstreamFolder(stage), { recursive: true, force: true });
    await stage.bus.restart();
  }),
};
