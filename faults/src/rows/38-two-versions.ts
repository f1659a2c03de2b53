import { jetstreamManager } from '@nats-io/jetstream';
import { until } from '@vfleet/testing';
import type { FaultRow } from '../fault-row.js';
import type { Acknowledged, Findings } from '../findings.js';
import { together } from '../findings.js';
import { LATER, LATER_CHANGES, NEW_EVENT, laterVersion } from '../later-version.js';
import { checkpointOf, compareWithReplay, projected } from '../projection.js';
import { COPY, examine, headOf, readEvents } from '../read-log.js';
import type { KeptService, Stage } from '../stage.js';
import { copied, toOutcome } from '../under-fault.js';
import type { Guard } from '../unguarded/guard.js';
import { without } from '../unguarded/without.js';
import { keepRunningAs, refusalOf } from '../versions-at-work.js';
import { makeFleet, startVms } from '../vm-load.js';

const VMS = 60;
const LEFT = 'rows are left to a newer version';
const REFUSAL = 'was migrated by a newer version';

/** Starts the next VMs, whoever decides by now. */
const starting = (stage: Stage) => {
  const acknowledged: Acknowledged[] = [];
  return {
    acknowledged,
    more: async () => void acknowledged.push(...(await startVms(stage, { from: acknowledged.length, vms: VMS }))),
  };
};

const wrong = (isSo: boolean, sentence: string): Findings => ({ lost: isSo ? [] : [sentence], doubled: [], misplaced: [] });

/** The later allocator decides, and the earlier inventory alone makes rows: it has to come to the end of the log. */
const decideLater = async (stage: Stage, allocator: KeptService, root: string, more: () => Promise<void>): Promise<KeptService> => {
  const later = await keepRunningAs(stage, 'allocator', LATER, root);
  await allocator.stop('SIGTERM');
  await more();
  await projected(stage);
  return later;
};

/** Events come while no inventory but the earlier one runs: it has to leave the rows where they are, for it would pass over the new type. */
const withoutLater = async (
  stage: Stage,
  [earlier, later]: readonly [KeptService, KeptService],
  root: string,
  more: () => Promise<void>,
): Promise<[KeptService, Findings]> => {
  await later.stop('SIGTERM');
  const reached = await checkpointOf(stage);
  await more();
  await until('the earlier inventory to leave the rows', () => earlier.program().said().includes(LEFT));
  const untouched = (await checkpointOf(stage)) === reached && reached < (await headOf(stage.database));
  return [await keepRunningAs(stage, 'inventory', LATER, root), wrong(untouched, 'the earlier inventory went on with the rows of the later one')];
};

/** The earlier allocator decides again, and tells anew of all events, those that it does not know among them. */
const decideEarlier = async (stage: Stage, later: KeptService, more: () => Promise<void>): Promise<void> => {
  await later.stop('SIGTERM');
  await stage.keepRunning('allocator');
  await more();
  await (await jetstreamManager(stage.nats)).streams.delete(COPY);
  await more();
  await copied(stage);
};

const newEvents = async ({ database }: Stage, expected: number): Promise<Findings> => {
  const count = (await readEvents(database)).filter(({ type }) => type === NEW_EVENT).length;
  return wrong(count === expected, `${count} events of the new type, not ${expected}`);
};

const refusal = async (stage: Stage): Promise<Findings> => {
  const said = await refusalOf(stage, 'inventory');
  return wrong(said?.includes(REFUSAL) ?? false, `the earlier inventory started over tables of the later one: ${said ?? 'it runs'}`);
};

const GUARD: Guard = { file: 'libs/journal/dist/projector.js', find: 'await projection.isTakenOver?.(client)', replace: 'false' };

export const row: FaultRow = {
  number: 38,
  fault: 'two versions side by side: the later one writes events and fields that the earlier one does not know, decides, and hands back',
  promise: 'both read on over all events and tell of all, nothing is given twice, and rows hold what the later one knows',
  quick: false,
  guards: [GUARD, ...LATER_CHANGES],
  run: async (stage) => {
    const root = laterVersion(stage.folder);
    const { acknowledged, more } = starting(stage);
    const allocator = await stage.keepRunning('allocator');
    const earlier = await stage.keepRunning('inventory');
    await makeFleet(stage);
    await more();
    const laterAllocator = await decideLater(stage, allocator, root, more);
    const later = await keepRunningAs(stage, 'inventory', LATER, root);
    const [projecting, left] = await withoutLater(stage, [earlier, later], root, more);
    await decideEarlier(stage, laterAllocator, more);
    await earlier.stop('SIGTERM');
    const refused = await refusal(stage);
    await projected(stage);
    const found = together(await examine(stage, acknowledged), await newEvents(stage, 2 * VMS), left, refused);
    const outcome = toOutcome(acknowledged.length, together(found, await compareWithReplay(stage, projecting, root)));
    return { ...outcome, note: outcome.note ?? `${2 * VMS} events of a type that the earlier one does not know, told by both` };
  },
  // The earlier version goes on with the rows: what it does not know it passes over, and nobody comes back to it.
  control: async (stage) => {
    const root = laterVersion(stage.folder);
    const { acknowledged, more } = starting(stage);
    await stage.keepRunning('allocator', {}, root);
    const obstinate = await stage.keepRunning('inventory', without(GUARD));
    await makeFleet(stage);
    await projected(stage);
    const later = await keepRunningAs(stage, 'inventory', LATER, root);
    await later.stop('SIGTERM');
    await more();
    await projected(stage);
    await obstinate.stop();
    return toOutcome(acknowledged.length, await compareWithReplay(stage, await stage.keepRunning('inventory', {}, root), root));
  },
};
