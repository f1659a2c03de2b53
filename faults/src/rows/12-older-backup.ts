import { jetstreamManager } from '@nats-io/jetstream';
import type { VmReportOutcome } from '@vfleet/contracts';
import { aFolder } from '@vfleet/testing';
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { FaultRow, Outcome } from '../fault-row.js';
import type { Acknowledged } from '../findings.js';
import { COPY, examine } from '../read-log.js';
import type { KeptService, Stage } from '../stage.js';
import { copied, toOutcome } from '../under-fault.js';
import { makeFleet, startingVm, startVms } from '../vm-load.js';

const VMS = 300;
const TRIES = 20;
const ANSWER_MS = 500;
let postgresFolder: string;

/** Ownership and modes are kept, for PostgreSQL refuses files of others. */
const copyFolder = (from: string, to: string): void => {
  rmSync(to, { recursive: true, force: true });
  execFileSync('cp', ['-a', from, to]);
};

/** Stops what writes and the database, does something to its files, and starts them again. */
const withFiles = async (stage: Stage, allocator: KeptService, work: (data: string, backup: string) => void): Promise<KeptService> => {
  await allocator.stop();
  await stage.postgres.stop();
  work(join(postgresFolder, 'data'), join(stage.folder, 'backup'));
  await stage.postgres.restart();
  return stage.keepRunning('allocator');
};

/** What is acknowledged before the backup, with later events in the stream alone. */
const restoreOlder = async (stage: Stage): Promise<readonly Acknowledged[]> => {
  const first = await stage.keepRunning('allocator');
  await makeFleet(stage);
  const before = await startVms(stage, { vms: VMS });
  await copied(stage);
  const second = await withFiles(stage, first, (data, backup) => copyFolder(data, backup));
  await startVms(stage, { from: VMS, vms: VMS });
  await copied(stage);
  await withFiles(stage, second, (data, backup) => copyFolder(backup, data));
  return before;
};

/** How many of some VMs are given a device although the stream knows more than the journal. */
const givenAnyway = async (stage: Stage): Promise<number> => {
  let reserved = 0;
  for (let n = 2 * VMS; n < 2 * VMS + TRIES; n += 1) {
    const reply = await stage.nats.request('vfleet.api.vms.report', JSON.stringify(startingVm(n)), { timeout: ANSWER_MS }).catch(() => undefined);
    if (reply?.json<Partial<VmReportOutcome>>().outcome === 'reserved') reserved += 1;
  }
  return reserved;
};

/** As the guide for a restore says: where the loss is final, the stream is deleted, and filled from the journal. */
const resolve = async (stage: Stage, before: readonly Acknowledged[]): Promise<Outcome> => {
  await (await jetstreamManager(stage.nats)).streams.delete(COPY);
  const after = await startVms(stage, { from: 2 * VMS, vms: TRIES });
  await copied(stage);
  return toOutcome(before.length + after.length, await examine(stage, [...before, ...after]));
};

export const row: FaultRow = {
  number: 12,
  fault: 'database put back to a backup that is older than the stream',
  promise: 'writes are refused until the stream is deleted; then everything goes on from the backup',
  quick: true,
  places: () => ({ postgresFolder: (postgresFolder = aFolder('postgres')) }),
  run: async (stage) => {
    const before = await restoreOlder(stage);
    const given = await givenAnyway(stage);
    const outcome = await resolve(stage, before);
    return { ...outcome, kept: outcome.kept && given === 0, note: outcome.note ?? `${given} of ${TRIES} VMs were given devices before` };
  },
  // Nobody looks at the stream: what it holds and the journal has forgotten stays there.
  control: async (stage) => {
    const before = await restoreOlder(stage);
    return toOutcome(before.length, await examine(stage, before));
  },
};
