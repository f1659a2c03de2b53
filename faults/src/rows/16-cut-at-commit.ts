import { aCuttableWay } from '@vfleet/testing';
import pg from 'pg';
import { takePositions, writeReserved } from '../careless-writer.js';
import type { FaultRow } from '../fault-row.js';
import { examine } from '../read-log.js';
import type { Stage } from '../stage.js';
import { toOutcome, underFault } from '../under-fault.js';
import { makeFleet } from '../vm-load.js';

const VMS = 900;
const CUTS = 10;
/** Name of the allocator's prepared append, as it goes over the wire before each batch. */
const APPEND = 'append\0';
const COMMIT = 'commit';

const through = (stage: Stage, port: number): string => {
  const url = new URL(stage.postgres.url);
  url.port = String(port);
  return url.href;
};

export const row: FaultRow = {
  number: 16,
  fault: `connection cut between a commit and its answer, ${CUTS} times`,
  promise: 'what became of the batch is settled by looking for its first event',
  quick: true,
  run: async (stage) => {
    const way = await aCuttableWay(stage.postgres.port);
    stage.onClose(() => way.close());
    await stage.keepRunning('allocator', { VFLEET_PG_URL: through(stage, way.port) });
    await makeFleet(stage);
    let cuts = 0;
    const outcome = await underFault(stage, { vms: VMS, told: 'both' }, async () => {
      for (; cuts < CUTS; cuts += 1) await way.dropAnswerTo(APPEND);
    });
    return { ...outcome, kept: outcome.kept && cuts === CUTS, note: outcome.note ?? `${cuts} answers cut off, every batch settled` };
  },
  // This writer takes no answer for a failure and writes again, under a new id.
  control: async (stage) => {
    await stage.keepRunning('allocator');
    const way = await aCuttableWay(stage.postgres.port);
    stage.onClose(() => way.close());
    for (const url of [through(stage, way.port), stage.postgres.url]) {
      const writer = new pg.Client({ connectionString: url });
      writer.on('error', () => undefined);
      await writer.connect();
      await writer.query('begin');
      await writeReserved(writer, (await takePositions(writer, 1)) + 1, 'vm-1', 'd-1');
      const cut = way.dropAnswerTo(COMMIT);
      await Promise.race([writer.query(COMMIT).catch(() => undefined), cut]);
      await writer.end().catch(() => undefined);
    }
    return toOutcome(1, await examine(stage, [{ vmId: 'vm-1' }], { copy: false }));
  },
};
