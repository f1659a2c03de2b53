import { ask } from '@vfleet/testing';
import { FAILURE_COUNTS_AS_DONE } from '../failure-counts-as-done.js';
import type { FaultRow, Outcome } from '../fault-row.js';
import { aMoveStage, hostOf, type MoveStage } from '../move-stage.js';
import { holdingsOf } from '../moves-log.js';
import { readEvents } from '../read-log.js';
import type { Stage } from '../stage.js';
import { toOutcome } from '../under-fault.js';
import { without } from '../unguarded/without.js';

const HOSTS = { h1: 1, h2: 1 };
const VM = 'vm-1';
const PLUG_SECONDS = 2;

/** Moves the VM; both hosts fall silent as soon as it runs on the target. How the move ended. */
const moveIntoSilence = async (moves: MoveStage): Promise<{ readonly migrationId: string; readonly name: string }> => {
  await moves.begin(VM, 'h1', { unplug: 60, migrate: 60, plug: PLUG_SECONDS });
  moves.platform.courses.set(VM, async ({ vmId, targetHostId }) => {
    for (const host of moves.hosts.values()) host.kill();
    await moves.platform.tell(vmId, targetHostId);
  });
  const migrationId = await moves.watch.start(VM, 'h2');
  return { migrationId, name: (await moves.watch.ended(migrationId)).name };
};

const heldAt = async (stage: Stage): Promise<readonly string[]> =>
  holdingsOf(await readEvents(stage.database))
    .filter(({ vmId }) => vmId === VM)
    .map(({ hostId }) => hostId)
    .sort();

const toFreed = (ended: string, held: readonly string[]): Outcome => {
  const freed = Object.keys(HOSTS).filter((hostId) => !held.includes(hostId));
  const note = `ended as ${ended}, ${freed.length} freed`;
  return { acknowledged: 1, lost: freed.length, doubled: 0, kept: freed.length === 0 && ended === 'MigrationFailed', note };
};

export const row: FaultRow = {
  number: 35,
  fault: 'both hosts down in the midst of a move',
  promise: 'an operator is needed, nothing is freed, and it goes on when they are back',
  quick: false,
  guards: [FAILURE_COUNTS_AS_DONE],
  run: async (stage) => {
    const moves = await aMoveStage(stage, { hosts: HOSTS });
    const { migrationId, name } = await moveIntoSilence(moves);
    const silent = toFreed(name, await heldAt(stage));
    if (!silent.kept) return silent;
    await Promise.all([...moves.hosts.values()].map((host) => host.restart()));
    await ask(stage.nats, 'migrations.retry', { migrationId });
    await moves.watch.event(migrationId, 'MigrationCompleted');
    const outcome = toOutcome(1, await moves.judge());
    return { ...outcome, note: outcome.note ?? silent.note ?? '' };
  },
  // The guard is that silence is no answer: this migrator takes it for one, and gives the source back.
  control: async (stage) => {
    const moves = await aMoveStage(stage, { hosts: HOSTS, migrator: without(FAILURE_COUNTS_AS_DONE) });
    const { name } = await moveIntoSilence(moves);
    await hostOf(moves, 'h1').restart();
    return toFreed(name, await heldAt(stage));
  },
};
