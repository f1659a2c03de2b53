import type { FaultRow } from '../fault-row.js';
import { lossOfStream } from '../loss-of-stream.js';
import { keepCopy, putBack } from '../nats-data.js';

export const row: FaultRow = {
  number: 3,
  fault: 'NATS directory put back to an older copy',
  promise: 'what the stream lost is published again, at the same sequences',
  quick: false,
  ...lossOfStream(
    async (stage) => {
      await stage.bus.kill();
      putBack(stage);
      await stage.bus.restart();
    },
    async (stage) => {
      await stage.bus.stop();
      keepCopy(stage);
      await stage.bus.restart();
    },
  ),
};
