import { until } from '@vfleet/testing';
import { crashPoints, throughCrashPoints, type CrashPoint, type CrashPoints } from '../crash-points.js';
import type { FaultRow } from '../fault-row.js';
import { together, type Findings } from '../findings.js';
import { aMoveStage, type MoveStage } from '../move-stage.js';
import { toOutcome } from '../under-fault.js';
import type { Guard } from '../unguarded/guard.js';
import { without } from '../unguarded/without.js';

const HOSTS = { h1: 1, h2: 1 };
const VM = 'vm-1';
const OTHER = 'vm-2';
/** Where it writes down: through crash points. */
const APPEND = { file: 'apps/migrator/dist/saga-desk.js', find: 'await journal.append({ events, marks: marksOf(drafts, events) }, fence());' };
/** Moves that were under way go on when a migrator starts. */
const RESUMED: Guard = {
  file: 'apps/migrator/dist/open-sagas.js',
  find: 'runner.look(memory.get(migrationId)?.undertaking);',
  replace: ';',
};

const journaling = (points: CrashPoints): Guard => throughCrashPoints(points, APPEND.file, APPEND.find);

/** What a platform makes of a move: it comes about, or fails. */
const COURSES = {
  'that comes about': ({ platform }: MoveStage) => platform.courses.delete(VM),
  'that fails': ({ platform }: MoveStage) => platform.courses.set(VM, (move) => platform.fail(move)),
};

/** Moves a VM to the host where it is not; how that ended. */
const move = async ({ watch, runsOn }: MoveStage, vmId: string): Promise<string> =>
  (await watch.ended(await watch.start(vmId, runsOn.get(vmId) === 'h1' ? 'h2' : 'h1'))).name;

/** The crash points of a move: before and after each of its appends. */
const pointsOf = async (moves: MoveStage, points: CrashPoints): Promise<readonly CrashPoint[]> => {
  points.arm({ at: 0, when: 'before' });
  await move(moves, VM);
  const appends = Array.from({ length: points.count() }, (_, n) => n + 1);
  return appends.flatMap((at) => [{ at, when: 'before' } as const, { at, when: 'after' } as const]);
};

const NOT_STRUCK: Findings = { lost: ['the crash point was not reached'], doubled: [], misplaced: [] };

export const row: FaultRow = {
  number: 31,
  fault: 'kill -9 of the saga before and after each thing that it writes down, in moves that come about and moves that fail',
  promise: 'every move is done or undone, and every device is where its VM is',
  quick: false,
  guards: [APPEND, RESUMED],
  run: async (stage) => {
    const points = crashPoints(stage);
    const moves = await aMoveStage(stage, { hosts: HOSTS, migrator: without(journaling(points)) });
    await moves.begin(VM, 'h1');
    const found: Findings[] = [];
    const ends = new Map<string, number>();
    for (const [what, take] of Object.entries(COURSES)) {
      take(moves);
      for (const point of await pointsOf(moves, points)) {
        stage.say(`a move ${what}: killed ${point.when} append ${point.at}`);
        points.arm(point);
        const end = await move(moves, VM);
        ends.set(end, (ends.get(end) ?? 0) + 1);
        if (!points.struck()) found.push(NOT_STRUCK);
        found.push(await moves.judge());
      }
    }
    const crashes = found.length;
    const outcome = toOutcome(crashes, together(...found));
    return { ...outcome, note: outcome.note ?? `${crashes} crash points: ${[...ends].map(([name, n]) => `${n} ${name}`).join(', ')}` };
  },
  // The guard is that a migrator goes on with what it finds under way.
  control: async (stage) => {
    const points = crashPoints(stage);
    const moves = await aMoveStage(stage, { hosts: HOSTS, migrator: without(journaling(points), RESUMED) });
    for (const vmId of [VM, OTHER]) await moves.begin(vmId, 'h1');
    points.arm({ at: 1, when: 'after' });
    await moves.watch.start(VM, 'h2');
    await until('the crash point', () => points.struck());
    await move(moves, OTHER);
    return toOutcome(1, await moves.judge(false));
  },
};
