import type { FaultRow } from '../fault-row.js';
import { staleWrites } from '../holdings.js';
import { areThere, nextOwner, presentOwner } from '../owner.js';
import { examine, readEvents } from '../read-log.js';
import type { Stage } from '../stage.js';
import { toOutcome, underFault } from '../under-fault.js';
import type { Guard } from '../unguarded/guard.js';
import { without } from '../unguarded/without.js';
import { makeFleet, startVms } from '../vm-load.js';

const ALLOCATORS = 4;
const STRIKES = 3;
const VMS = 900;
const OWNERSHIP = 'libs/service-kit/dist/ownership.js';

/** Two allocators that each take themselves for the one that decides. */
const GUARDS: readonly Guard[] = [
  { file: OWNERSHIP, find: 'return this.lease.fence;', replace: 'return undefined;' },
  { file: OWNERSHIP, find: 'const fence = await this.lease.acquire();', replace: "const fence = { lease: 'allocator', fence: 1 };" },
  { file: OWNERSHIP, find: 'if (await this.lease.renew())', replace: 'if (true)' },
  { file: OWNERSHIP, find: 'return this.lease.isCertain ? undefined : this.renewUntilCertain();', replace: 'return undefined;' },
];
/** What stands behind the lease: each stream's versions, and each device's one claim. */
const NO_SAFETY_NET = `
alter table journal.events drop constraint events_stream_version;
alter table journal.claims drop constraint claims_claimed`;

const killOwners = async (stage: Stage): Promise<void> => {
  for (let n = 0; n < STRIKES; n += 1) {
    const owner = await presentOwner(stage);
    process.kill(owner.pid, 'SIGKILL');
    await nextOwner(stage, owner);
  }
};

export const row: FaultRow = {
  number: 20,
  fault: `${ALLOCATORS} allocators for all hosts at once, the one that decides killed ${STRIKES} times`,
  promise: 'no device is given twice; one decides at a time',
  quick: false,
  guards: GUARDS,
  run: async (stage) => {
    for (let n = 0; n < ALLOCATORS; n += 1) await stage.keepRunning('allocator');
    await makeFleet(stage);
    await areThere(stage, 'standing by', ALLOCATORS - 1);
    const outcome = await underFault(stage, { vms: VMS, told: 'both' }, () => killOwners(stage));
    const stale = staleWrites(await readEvents(stage.database));
    const { number } = await presentOwner(stage);
    return { ...outcome, kept: outcome.kept && stale.length === 0, note: outcome.note ?? stale[0] ?? `${number} owners, one after the other` };
  },
  // The guards are the lease, the versions of streams and the claims of devices. With the versions alone nothing is doubled yet.
  control: async (stage) => {
    await stage.keepRunning('allocator', without(...GUARDS));
    await makeFleet(stage);
    await stage.keepRunning('allocator', without(...GUARDS));
    await areThere(stage, 'deciding', 2);
    await stage.database.query(NO_SAFETY_NET);
    const acknowledged = await startVms(stage, { vms: VMS / 3 });
    return toOutcome(acknowledged.length, await examine(stage, acknowledged, { copy: false }));
  },
};
