import { FAILURE_COUNTS_AS_DONE } from '../failure-counts-as-done.js';
import type { FaultRow, Outcome } from '../fault-row.js';
import { aMoveStage, hostOf, type MoveStage } from '../move-stage.js';
import type { Stage } from '../stage.js';
import { toOutcome } from '../under-fault.js';
import { without } from '../unguarded/without.js';

const LATE = 'vm-late';
/** A guest that never does anything, and one that lets go when nobody waits for it any more. */
const FAULTS = { 'vm-silent': { silent: true }, [LATE]: { silent: true, lateMs: 2_000, times: 1 } };
const HOSTS = { h1: 2, h2: 2 };
const UNPLUG_SECONDS = 2;

interface Ended {
  readonly name: string;
  readonly afterMs: number;
}

const moveUnanswered = async (moves: MoveStage): Promise<readonly Ended[]> => {
  for (const [vmId, fault] of Object.entries(FAULTS)) {
    await moves.begin(vmId, 'h1', { unplug: UNPLUG_SECONDS, migrate: 60, plug: 60 });
    await hostOf(moves, 'h1').simulate({ vmId, verb: 'detach', ...fault });
  }
  return Promise.all(
    Object.keys(FAULTS).map(async (vmId) => {
      const began = performance.now();
      const migrationId = await moves.watch.start(vmId, 'h2');
      const { name } = await moves.watch.ended(migrationId);
      const afterMs = Math.round(performance.now() - began);
      if (vmId === LATE && name === 'MigrationRolledBack') await moves.watch.event(migrationId, 'HostdevPlugged');
      return { name, afterMs };
    }),
  );
};

const underSilence = async (stage: Stage, control: boolean): Promise<Outcome> => {
  const moves = await aMoveStage(stage, { hosts: HOSTS, ...(control && { migrator: without(FAILURE_COUNTS_AS_DONE) }) });
  const ends = await moveUnanswered(moves);
  const outcome = toOutcome(ends.length, await moves.judge(!control));
  const back = ends.filter(({ name }) => name === 'MigrationRolledBack').length;
  return {
    ...outcome,
    healMs: Math.max(...ends.map(({ afterMs }) => afterMs)),
    kept: outcome.kept && back === ends.length,
    note: outcome.note ?? `${back} of ${ends.length} moves rolled back, deadline ${UNPLUG_SECONDS} s`,
  };
};

export const row: FaultRow = {
  number: 33,
  fault: 'hot-unplug to which a guest never says anything, or too late',
  promise: 'after the deadline the move is rolled back, what is let go later is plugged again, and the VM has its device',
  quick: true,
  guards: [FAILURE_COUNTS_AS_DONE],
  run: (stage) => underSilence(stage, false),
  // The guard is that only a word of the agent's says that a device is off: this migrator takes silence for it.
  control: (stage) => underSilence(stage, true),
};
