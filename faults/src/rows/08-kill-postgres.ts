import type { FaultRow } from '../fault-row.js';
import { examine } from '../read-log.js';
import { toOutcome, underFault } from '../under-fault.js';
import { makeFleet, startVms } from '../vm-load.js';

const VMS = 900;
const STRIKES = 3;
/** Commits that are answered before they are written: the guard taken out. */
const ANSWERED_EARLY = { synchronous_commit: 'off', wal_writer_delay: '10s' };

export const row: FaultRow = {
  number: 8,
  fault: `kill -9 of PostgreSQL and all its children, ${STRIKES} times running`,
  promise: 'nothing acknowledged is lost, no number is left out',
  quick: true,
  places: (_, part) => (part === 'control' ? { postgresSettings: ANSWERED_EARLY } : {}),
  run: async (stage) => {
    await stage.keepRunning('allocator');
    await makeFleet(stage);
    return underFault(stage, { vms: VMS, told: 'both' }, async () => {
      for (let n = 0; n < STRIKES; n += 1) {
        await stage.postgres.kill();
        await stage.postgres.restart();
      }
    });
  },
  control: async (stage) => {
    const allocator = await stage.keepRunning('allocator');
    await makeFleet(stage);
    const acknowledged = await startVms(stage, { vms: VMS });
    await stage.postgres.kill();
    await allocator.stop();
    await stage.postgres.restart();
    return toOutcome(acknowledged.length, await examine(stage, acknowledged, { copy: false }));
  },
};
