import type { FaultRow } from './fault-row.js';
import { examine } from './read-log.js';
import type { Stage } from './stage.js';
import { copied, toOutcome, underFault } from './under-fault.js';
import { makeFleet, startVms } from './vm-load.js';

const BEFORE = 300;
const VMS = 900;

/** What befalls the bus, under load in a row's run, and with nobody to heal it in its control. */
type Blow = (stage: Stage) => Promise<void>;

/**
 * Run and control of a row whose fault takes something from the stream. VMs are asked for, for a fact's receipt is no proof
 * against the loss of the bus. `earlier` is done after the first of them. The guard is the relay: without it what was taken stays away.
 */
export const lossOfStream = (blow: Blow, earlier: Blow = () => Promise.resolve()): Pick<FaultRow, 'run' | 'control'> => ({
  run: async (stage) => {
    await stage.keepRunning('allocator');
    await makeFleet(stage);
    await startVms(stage, { vms: BEFORE });
    await copied(stage);
    await earlier(stage);
    return underFault(stage, { from: BEFORE, vms: VMS }, () => blow(stage));
  },
  control: async (stage) => {
    const allocator = await stage.keepRunning('allocator');
    await makeFleet(stage);
    await startVms(stage, { vms: BEFORE });
    await copied(stage);
    await earlier(stage);
    const acknowledged = await startVms(stage, { from: BEFORE, vms: VMS });
    await copied(stage);
    await allocator.stop();
    await blow(stage);
    return toOutcome(acknowledged.length, await examine(stage, acknowledged));
  },
});
