import { CLOUD_EVENTS_CONTENT_TYPE, STREAMS, cloudEventJson, subjectOf } from '@vfleet/contracts';
import { Relay, jetStreamCopy } from '@vfleet/journal';
import { publishCarelessly } from '../careless-relay.js';
import type { FaultRow } from '../fault-row.js';
import { examine, readEvents } from '../read-log.js';
import { remakeCopy } from '../remake-copy.js';
import type { Stage } from '../stage.js';
import { toOutcome, underFault } from '../under-fault.js';
import { makeFleet, startVms } from '../vm-load.js';

const VMS = 900;

/** A relay as the allocator has one, in this process. */
const secondRelay = (stage: Stage): Relay =>
  new Relay({
    pool: stage.database,
    copy: jetStreamCopy({ nats: stage.nats, stream: STREAMS.EVT.name, subjects: STREAMS.EVT.subjects }),
    encode: (event) => ({ subject: subjectOf(event), payload: cloudEventJson(event), contentType: CLOUD_EVENTS_CONTENT_TYPE }),
    log: () => undefined,
  });

export const row: FaultRow = {
  number: 17,
  fault: 'two relays at work at once, in two processes',
  promise: 'one copy of each event, in order',
  quick: false,
  run: async (stage) => {
    await stage.keepRunning('allocator');
    await makeFleet(stage);
    const other = secondRelay(stage);
    const outcome = await underFault(stage, { vms: VMS, told: 'both' }, () => Promise.resolve(other.start()));
    await other.stop();
    return outcome;
  },
  control: async (stage) => {
    const allocator = await stage.keepRunning('allocator');
    await makeFleet(stage);
    const acknowledged = await startVms(stage, { vms: VMS });
    await allocator.stop();
    await remakeCopy(stage);
    const events = await readEvents(stage.database);
    await Promise.all([publishCarelessly(stage, events), publishCarelessly(stage, events)]);
    return toOutcome(acknowledged.length, await examine(stage, acknowledged));
  },
};
