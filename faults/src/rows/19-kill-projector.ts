import { until } from '@vfleet/testing';
import type { FaultRow } from '../fault-row.js';
import { together } from '../findings.js';
import { compareWithReplay, projected } from '../projection.js';
import { examine } from '../read-log.js';
import type { KeptService, Stage } from '../stage.js';
import { toOutcome } from '../under-fault.js';
import { makeFleet, startVms } from '../vm-load.js';
import { skipAhead } from '../skip-ahead.js';

const VMS = 600;
const STRIKES = 5;
/** Makes the time between the rows and their checkpoint long enough to be struck in, also the last time, after which none comes. */
const LINGER = `
create function public.linger() returns trigger language plpgsql as $$ begin perform pg_sleep(0.5); return new; end $$;
create trigger linger before update on journal.checkpoints for each row
  when (new.name = 'inventory' and new.position > old.position) execute function public.linger()`;
const HURRY = 'drop trigger linger on journal.checkpoints';

const killBetween = async (stage: Stage, inventory: KeptService): Promise<void> => {
  await until('rows without their checkpoint', async () => {
    const { rows } = await stage.database.query(`select from pg_stat_activity where wait_event = 'PgSleep' and query like '%journal.checkpoints%'`);
    return rows.length > 0;
  });
  await inventory.kill();
  await stage.answers('inventory');
};

export const row: FaultRow = {
  number: 19,
  fault: `kill -9 of the projector between its rows and their checkpoint, ${STRIKES} times`,
  promise: 'the projection equals a replay from nothing',
  quick: true,
  run: async (stage) => {
    await stage.keepRunning('allocator');
    const inventory = await stage.keepRunning('inventory');
    await makeFleet(stage);
    await stage.database.query(LINGER);
    let struck: Promise<void> = Promise.resolve();
    const strike = async (): Promise<void> => {
      for (let n = 0; n < STRIKES; n += 1) await killBetween(stage, inventory);
    };
    const acknowledged = await startVms(stage, { vms: VMS, told: 'both', strike: () => void (struck = strike()) });
    await struck;
    await stage.database.query(HURRY);
    await projected(stage);
    return toOutcome(acknowledged.length, together(await examine(stage, acknowledged, { copy: false }), await compareWithReplay(stage, inventory)));
  },
  // The guard is that rows and checkpoint commit together: here the checkpoint is there and the rows are not.
  control: (stage) => skipAhead(stage, VMS),
};
