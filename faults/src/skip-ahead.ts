import type { Outcome } from './fault-row.js';
import { compareWithReplay, projected } from './projection.js';
import { headOf } from './read-log.js';
import type { Stage } from './stage.js';
import { toOutcome } from './under-fault.js';
import { makeFleet, startVms } from './vm-load.js';

/** A control: the reader's checkpoint is put behind events whose rows were never made. Comparing with a replay has to find them missing. */
export const skipAhead = async (stage: Stage, vms: number): Promise<Outcome> => {
  await stage.keepRunning('allocator');
  const inventory = await stage.keepRunning('inventory');
  await makeFleet(stage);
  await projected(stage);
  await inventory.stop();
  const acknowledged = await startVms(stage, { vms });
  await stage.database.query(`update journal.checkpoints set position = $1 where name = 'inventory'`, [await headOf(stage.database)]);
  const again = await stage.keepRunning('inventory');
  await projected(stage);
  return toOutcome(acknowledged.length, await compareWithReplay(stage, again));
};
