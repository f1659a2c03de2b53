import pg from 'pg';
import { setTimeout as delay } from 'node:timers/promises';
import type { FaultRow, Outcome } from '../fault-row.js';
import type { Stage } from '../stage.js';
import { makeFleet, startVms } from '../vm-load.js';

const VMS = 600;
const HOLD_MS = 2_000;
/** A reader that waits for the transaction stalls as long as it takes; one that does not, for milliseconds. */
const STALLED_MS = 1_000;
const POLL_MS = 5;

const BY_POSITION = 'select position, recorded_at from journal.events where position > $1 order by position';
/** The guard taken out: positions that are not handed out in the order of commits need a reader that waits for the oldest writer. */
const BY_OLDEST_WRITER = `
select position, recorded_at from journal.events
where position > $1 and xmin::text::bigint < (pg_snapshot_xmin(pg_current_snapshot())::text::bigint & 4294967295) order by position`;

interface Tail {
  readonly stop: () => Promise<number>;
}

/** Reads what is new again and again; answers the longest time that anything took from its recording until it was read. */
const follow = (stage: Stage, query: string): Tail => {
  let reading = true;
  let after = 0;
  let longest = 0;
  const run = async (): Promise<number> => {
    while (reading) {
      const { rows } = await stage.database.query<{ position: string; recorded_at: Date }>(query, [after]);
      const now = Date.now();
      if (after > 0) for (const { recorded_at } of rows) longest = Math.max(longest, now - recorded_at.getTime());
      after = Number(rows.at(-1)?.position ?? after);
      await delay(POLL_MS);
    }
    return longest;
  };
  const done = run();
  return {
    stop: () => {
      reading = false;
      return done;
    },
  };
};

const hold = async (stage: Stage): Promise<void> => {
  const writer = new pg.Client({ connectionString: stage.postgres.url });
  await writer.connect();
  await writer.query('begin');
  await writer.query('create table elsewhere (n integer)');
  await delay(HOLD_MS);
  await writer.query('rollback');
  await writer.end();
};

const readBeside = async (stage: Stage, query: string): Promise<Outcome> => {
  await stage.keepRunning('allocator');
  await makeFleet(stage);
  await stage.database.query('select 1');
  const tail = follow(stage, query);
  let held: Promise<void> | undefined;
  const acknowledged = await startVms(stage, { vms: VMS, strike: () => void (held = hold(stage)) });
  const next = await startVms(stage, { from: VMS, vms: VMS });
  await held;
  await delay(2 * POLL_MS);
  const stall = await tail.stop();
  return {
    acknowledged: acknowledged.length + next.length,
    lost: 0,
    doubled: 0,
    kept: stall < STALLED_MS,
    note: `longest stall of a reader ${stall} ms`,
  };
};

export const row: FaultRow = {
  number: 14,
  fault: `a write transaction elsewhere that takes ${HOLD_MS / 1_000} s`,
  promise: 'no reader stalls',
  quick: false,
  run: (stage) => readBeside(stage, BY_POSITION),
  control: (stage) => readBeside(stage, BY_OLDEST_WRITER),
};
