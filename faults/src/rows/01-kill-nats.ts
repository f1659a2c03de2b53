import { vmFactSubject } from '@vfleet/contracts';
import type { FaultRow } from '../fault-row.js';
import { examine } from '../read-log.js';
import type { Stage } from '../stage.js';
import { idle, toOutcome, underFault } from '../under-fault.js';
import { makeFleet, startingVm } from '../vm-load.js';

const VMS = 900;
const STRIKES = 3;

const strike = async (stage: Stage): Promise<void> => {
  for (let n = 0; n < STRIKES; n += 1) {
    await stage.bus.kill();
    await stage.bus.restart();
  }
};

export const row: FaultRow = {
  number: 1,
  fault: `kill -9 of NATS, ${STRIKES} times running`,
  promise: 'nothing acknowledged is lost to readers',
  quick: true,
  run: async (stage) => {
    await stage.keepRunning('allocator');
    await makeFleet(stage);
    return underFault(stage, { vms: VMS, told: 'both' }, () => strike(stage));
  },
  // The guard is that a platform waits for its receipt: here it takes for received what it has only sent.
  control: async (stage) => {
    await stage.keepRunning('allocator');
    await makeFleet(stage);
    const sent = Array.from({ length: VMS }, (_, n) => startingVm(n));
    for (const vm of sent) stage.nats.publish(vmFactSubject(vm.vmId, 'VmStateChanged'), JSON.stringify(vm));
    process.kill(stage.bus.pid, 'SIGKILL');
    await stage.bus.ended;
    await stage.bus.restart();
    await idle(stage);
    return toOutcome(sent.length, await examine(stage, sent));
  },
};
