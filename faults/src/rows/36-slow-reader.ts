import type { FaultRow } from '../fault-row.js';
import { together } from '../findings.js';
import { compareWithReplay, projected } from '../projection.js';
import { examine, headOf } from '../read-log.js';
import { copied, toOutcome } from '../under-fault.js';
import { makeFleet, startVms } from '../vm-load.js';
import { skipAhead } from '../skip-ahead.js';

const VMS = 600;

export const row: FaultRow = {
  number: 36,
  fault: 'a reader that is stopped (SIGSTOP) for as long as VMs are started',
  promise: 'nobody waits for it, and when it goes on it catches up with everything',
  quick: false,
  run: async (stage) => {
    await stage.keepRunning('allocator');
    const inventory = await stage.keepRunning('inventory');
    await makeFleet(stage);
    await projected(stage);
    inventory.program().process.kill('SIGSTOP');
    const before = await headOf(stage.database);
    // Each of them has its answer while the reader is stopped.
    const acknowledged = await startVms(stage, { vms: VMS, told: 'both' });
    await copied(stage);
    const behind = (await headOf(stage.database)) - before;
    inventory.program().process.kill('SIGCONT');
    const goesOn = performance.now();
    await projected(stage);
    const healMs = Math.round(performance.now() - goesOn);
    const findings = together(await examine(stage, acknowledged), await compareWithReplay(stage, inventory));
    return { note: `${behind} events behind when it went on`, ...toOutcome(acknowledged.length, findings, { healMs }) };
  },
  // The guard is that a reader goes on where its checkpoint is: this one goes on with what is newest.
  control: (stage) => skipAhead(stage, VMS),
};
