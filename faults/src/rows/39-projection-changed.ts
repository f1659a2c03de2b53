import type { FaultRow } from '../fault-row.js';
import type { Acknowledged, Findings } from '../findings.js';
import { together } from '../findings.js';
import { IN_PLACE, LATER, LATER_CHANGES, laterVersion } from '../later-version.js';
import { compareWithReplay, projected } from '../projection.js';
import { readAllTheTime, type Seen } from '../reads-meanwhile.js';
import { examine } from '../read-log.js';
import type { Stage } from '../stage.js';
import { toOutcome } from '../under-fault.js';
import { keepRunningAs } from '../versions-at-work.js';
import { makeFleet, startVms } from '../vm-load.js';

const FIRST_VMS = 300;
const VMS_AT_ONCE = 20;
const MOST_VMS = 1_000;

const gapsIn = ({ gaps }: Seen): Findings => ({ lost: gaps, doubled: [], misplaced: [] });

/** Starts VMs while something goes on, reading all the time; answers what was acknowledged and what was seen. */
const underLoad = async (
  stage: Stage,
  work: () => Promise<void>,
): Promise<{ readonly acknowledged: readonly Acknowledged[]; readonly seen: Seen }> => {
  const acknowledged = [...(await startVms(stage, { vms: FIRST_VMS }))];
  await projected(stage);
  const reader = readAllTheTime(stage);
  let going = true;
  const working = work().finally(() => (going = false));
  while (going && acknowledged.length < MOST_VMS)
    acknowledged.push(...(await startVms(stage, { from: acknowledged.length, vms: VMS_AT_ONCE, onAcknowledged: reader.acknowledged })));
  await working;
  return { acknowledged, seen: await reader.stop() };
};

export const row: FaultRow = {
  number: 39,
  fault: 'a later version makes other rows of the same events, and takes the place of the one that runs',
  promise: 'reads go on without a gap; the new rows equal a replay from nothing',
  quick: false,
  guards: [...LATER_CHANGES, IN_PLACE],
  run: async (stage) => {
    const root = laterVersion(stage.folder);
    await stage.keepRunning('allocator');
    const earlier = await stage.keepRunning('inventory');
    await makeFleet(stage);
    let tookMs = 0;
    let later = earlier;
    const { acknowledged, seen } = await underLoad(stage, async () => {
      const begun = performance.now();
      later = await keepRunningAs(stage, 'inventory', LATER, root);
      tookMs = Math.round(performance.now() - begun);
      await earlier.stop('SIGTERM');
    });
    await projected(stage);
    const difference = await compareWithReplay(stage, later, root);
    const found = together(await examine(stage, acknowledged, { copy: false }), gapsIn(seen), difference);
    const outcome = toOutcome(acknowledged.length, found, { healMs: tookMs });
    return {
      ...outcome,
      note:
        outcome.note ??
        `${seen.answers} answers without a gap, each within ${seen.longestMs} ms; what was acknowledged shown after ${seen.staleMs} ms at most; diff ${difference.lost.length}`,
    };
  },
  // As it was before: the tables that are read are emptied, and filled again.
  control: async (stage) => {
    const root = laterVersion(stage.folder, { inPlace: true });
    await stage.keepRunning('allocator');
    await stage.keepRunning('inventory');
    await makeFleet(stage);
    const { acknowledged, seen } = await underLoad(stage, async () => void (await keepRunningAs(stage, 'inventory', LATER, root)));
    return toOutcome(acknowledged.length, gapsIn(seen));
  },
};
