import { until } from '@vfleet/testing';
import type { FaultRow } from '../fault-row.js';
import { examine } from '../read-log.js';
import type { KeptService, Stage } from '../stage.js';
import { toOutcome, underFault } from '../under-fault.js';
import { takePositions, writeReserved } from '../careless-writer.js';
import { makeFleet } from '../vm-load.js';

const VMS = 900;
const STRIKES = 5;
const BATCH = 10;

/** Kills the allocator while PostgreSQL works at an append of its. */
const killInAppend = async (stage: Stage, allocator: KeptService): Promise<void> => {
  await until('an append at work', async () => {
    const { rows } = await stage.database.query(
      `select from pg_stat_activity where state = 'active' and pid <> pg_backend_pid() and query like '%journal.record(%'`,
    );
    return rows.length > 0;
  });
  await allocator.kill();
  await stage.answers('allocator');
};

export const row: FaultRow = {
  number: 15,
  fault: `kill -9 of the committer in the midst of a batch, ${STRIKES} times`,
  promise: 'a batch is there whole or not at all, and nothing twice',
  quick: false,
  run: async (stage) => {
    const allocator = await stage.keepRunning('allocator');
    await makeFleet(stage);
    return underFault(stage, { vms: VMS, told: 'both' }, async () => {
      for (let n = 0; n < STRIKES; n += 1) await killInAppend(stage, allocator);
    });
  },
  // The guard is that a batch is one transaction. This writer uses one for each statement, and is cut off in its midst.
  control: async (stage) => {
    await stage.keepRunning('allocator');
    const writer = await stage.database.connect();
    const base = await takePositions(writer, BATCH);
    for (let n = 1; n <= BATCH / 2; n += 1) await writeReserved(writer, base + n, `vm-${n}`, `d-${n}`);
    writer.release(true);
    return toOutcome(0, await examine(stage, [], { copy: false }));
  },
};
