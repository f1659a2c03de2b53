import { jetstreamManager } from '@nats-io/jetstream';
import type { VmReportOutcome } from '@vfleet/contracts';
import { aFolder, aReplica, aSwitchableWay, promote, replicaHasAll, until, type PostgresHost, type SwitchableWay } from '@vfleet/testing';
import pg from 'pg';
import type { FaultRow, Outcome } from '../fault-row.js';
import type { Acknowledged } from '../findings.js';
import { COPY, examine, headOf, readCopies, readEvents } from '../read-log.js';
import type { KeptService, Stage } from '../stage.js';
import { copied, toOutcome } from '../under-fault.js';
import type { Guard } from '../unguarded/guard.js';
import { without } from '../unguarded/without.js';
import { makeFleet, startingVm, startVms } from '../vm-load.js';

const BEFORE = 300;
const TAIL = 100;
const TRIES = 20;
const ANSWER_MS = 500;
const AHEAD = 'stream is ahead of the journal';
let postgresFolder: string;

/** A relay that does not care that the stream holds more than the journal. */
const LOOKS_AHEAD: Guard = { file: 'libs/journal/dist/relay.js', find: 'if (last > head)', replace: 'if (last > head && Number.isNaN(head))' };
const COMPARES: Guard = { file: 'libs/journal/dist/relay.js', find: 'if (event?.id !== lastId)', replace: 'if (event && event.id !== lastId)' };

interface FailedOver {
  readonly allocator: KeptService;
  /** What the new primary and the stream are read by. */
  readonly reader: Pick<Stage, 'database' | 'nats'>;
  /** Acknowledged when the replica followed still. */
  readonly before: readonly Acknowledged[];
}

const aWay = async (stage: Stage): Promise<SwitchableWay> => {
  const way = await aSwitchableWay(stage.postgres.port);
  stage.onClose(() => way.close());
  return way;
};

/** Follows the stage's own server over a way that can be cut, and can be read by a pool of its own. */
const follow = async (stage: Stage, primary: PostgresHost, way: SwitchableWay): Promise<{ replica: PostgresHost; database: pg.Pool }> => {
  const replica = await aReplica(primary, way.port);
  const database = new pg.Pool({ connectionString: replica.server.url, max: 4 });
  database.on('error', () => undefined);
  stage.onClose(async () => {
    await database.end();
    await replica.server.stop();
  });
  return { replica, database };
};

/** VMs are started, the replica loses its primary, more VMs are started, and then the primary is lost and the replica takes its place. */
const failOver = async (stage: Stage, guards: readonly Guard[]): Promise<FailedOver> => {
  const [stream, name] = [await aWay(stage), await aWay(stage)];
  const primary = { server: stage.postgres, folder: postgresFolder };
  const { replica, database } = await follow(stage, primary, stream);
  const url = new URL(stage.postgres.url);
  url.port = String(name.port);
  const allocator = await stage.keepRunning('allocator', { VFLEET_PG_URL: url.href, ...(guards.length > 0 && without(...guards)) });
  await makeFleet(stage);
  const before = await startVms(stage, { vms: BEFORE });
  await copied(stage);
  await replicaHasAll(primary);
  stream.leadTo(undefined);
  await startVms(stage, { from: BEFORE, vms: TAIL });
  await copied(stage);
  name.leadTo(undefined);
  await stage.postgres.kill();
  await promote(replica);
  name.leadTo(replica.server.port);
  return { allocator, reader: { database, nats: stage.nats }, before };
};

/** How many of some VMs are given a device although the stream knows more than the journal. */
const givenAnyway = async (stage: Stage): Promise<number> => {
  let reserved = 0;
  for (let n = BEFORE + TAIL; n < BEFORE + TAIL + TRIES; n += 1) {
    const reply = await stage.nats.request('vfleet.api.vms.report', JSON.stringify(startingVm(n)), { timeout: ANSWER_MS }).catch(() => undefined);
    if (reply?.json<Partial<VmReportOutcome>>().outcome === 'reserved') reserved += 1;
  }
  return reserved;
};

/** Events that the stream alone holds: whoever wants them reads them there, before the stream is deleted. */
const readTail = async ({ database, nats }: FailedOver['reader']): Promise<number> => {
  const known = new Set((await readEvents(database)).map(({ id }) => id));
  return (await readCopies(nats)).filter(({ id }) => !known.has(id)).length;
};

/** As the guide says where the loss is final: the stream is deleted, and filled from the journal. */
const resolve = async (stage: Stage, { reader, before }: FailedOver): Promise<Outcome> => {
  await (await jetstreamManager(stage.nats)).streams.delete(COPY);
  const after = await startVms(stage, { from: BEFORE + TAIL, vms: TRIES });
  await copied(reader);
  return toOutcome(before.length + after.length, await examine(reader, [...before, ...after]));
};

export const row: FaultRow = {
  number: 11,
  fault: 'fail-over of PostgreSQL to a replica that lacks the last events',
  promise: 'writes are refused until somebody has decided; the tail can be read from the stream, and everything goes on from the replica',
  quick: false,
  guards: [LOOKS_AHEAD, COMPARES],
  places: () => ({ postgresFolder: (postgresFolder = aFolder('postgres')) }),
  run: async (stage) => {
    const over = await failOver(stage, []);
    await until('the relay to say so', () => over.allocator.program().said().includes(AHEAD));
    const given = await givenAnyway(stage);
    const tail = await readTail(over.reader);
    const outcome = await resolve(stage, over);
    const note = `${tail} events were in the stream alone, and could be read there; ${given} of ${TRIES} VMs were given devices meanwhile`;
    return { ...outcome, kept: outcome.kept && given === 0 && tail > 0, note: outcome.note ?? note };
  },
  control: async (stage) => {
    const { reader, before } = await failOver(stage, [LOOKS_AHEAD, COMPARES]);
    const after = await startVms(stage, { from: BEFORE + TAIL, vms: TRIES });
    const outcome = toOutcome(before.length + after.length, await examine(reader, [...before, ...after]));
    return {
      ...outcome,
      note: `${after.length} VMs were given devices over the tail, at position ${await headOf(reader.database)}; ${outcome.note}`,
    };
  },
};
