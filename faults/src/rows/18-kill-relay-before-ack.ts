import { aCuttableWay } from '@vfleet/testing';
import { publishCarelessly } from '../careless-relay.js';
import type { FaultRow } from '../fault-row.js';
import { examine, readEvents } from '../read-log.js';
import { remakeCopy } from '../remake-copy.js';
import { toOutcome, underFault } from '../under-fault.js';
import { makeFleet, startVms } from '../vm-load.js';

const VMS = 900;
const STRIKES = 5;
/** How the subject of an event begins, as it goes over the wire. */
const PUBLISHED = 'PUB vfleet.evt.';

export const row: FaultRow = {
  number: 18,
  fault: `kill -9 of the relay between a publication and its receipt, ${STRIKES} times`,
  promise: 'nothing is published twice, and there is no hole',
  quick: false,
  run: async (stage) => {
    const way = await aCuttableWay(stage.bus.port);
    stage.onClose(() => way.close());
    const url = new URL(stage.bus.url);
    url.port = String(way.port);
    const allocator = await stage.keepRunning('allocator', { VFLEET_NATS_URL: url.href });
    await makeFleet(stage);
    return underFault(stage, { vms: VMS, told: 'both' }, async () => {
      for (let n = 0; n < STRIKES; n += 1) {
        await way.dropAnswerTo(PUBLISHED);
        await allocator.kill();
        await stage.answers('allocator');
      }
    });
  },
  // This relay goes on from a checkpoint of its own, which it writes after the receipt: its last window is published again.
  control: async (stage) => {
    const allocator = await stage.keepRunning('allocator');
    await makeFleet(stage);
    const acknowledged = await startVms(stage, { vms: VMS });
    await allocator.stop();
    await remakeCopy(stage);
    const events = await readEvents(stage.database);
    const middle = Math.floor(events.length / 2);
    await publishCarelessly(stage, events.slice(0, middle));
    await publishCarelessly(stage, events.slice(middle - 10));
    return toOutcome(acknowledged.length, await examine(stage, acknowledged));
  },
};
