import { until } from '@vfleet/testing';
import { join } from 'node:path';
import type { FaultRow } from '../fault-row.js';
import { aLoopDisk, type LoopDisk } from '../loop-disk.js';
import { examine } from '../read-log.js';
import type { KeptService, Stage } from '../stage.js';
import { toOutcome, underFault } from '../under-fault.js';
import { makeFleet, startVms } from '../vm-load.js';

const MEGABYTES = 512;
const VMS = 1_200;
const REFUSED_MS = 60_000;
/** Commits that are answered before they are written: the guard taken out. */
const ANSWERED_EARLY = { synchronous_commit: 'off', wal_writer_delay: '10s' };
let disk: LoopDisk;

/** Fills the disk until commits fail, looks whether reads are still served, and makes room. */
const fillAndClear = async (stage: Stage, allocator: KeptService): Promise<boolean> => {
  disk.fill();
  await until('a commit to be refused', () => allocator.program().said().includes('commit has to be tried again'), REFUSED_MS);
  const reads = await stage.nats.request('vfleet.api.reservations.list', '{"limit":1}', { timeout: 5_000 }).then(
    (reply) => !reply.headers?.get('Nats-Service-Error-Code'),
    () => false,
  );
  disk.clear();
  return reads;
};

export const row: FaultRow = {
  number: 10,
  fault: 'disk of PostgreSQL full',
  promise: 'writes wait and reads are served; nothing is acknowledged that is not written',
  quick: false,
  needs: ['root', 'loop', 'python3'],
  places: (folder, part) => {
    disk = aLoopDisk(folder, MEGABYTES);
    const postgresSettings: Record<string, string> = part === 'control' ? ANSWERED_EARLY : {};
    return { postgresFolder: join(disk.folder, 'postgres'), postgresSettings, close: disk.close };
  },
  run: async (stage) => {
    const allocator = await stage.keepRunning('allocator');
    await makeFleet(stage);
    let reads = false;
    const outcome = await underFault(stage, { vms: VMS }, async () => {
      reads = await fillAndClear(stage, allocator);
    });
    return { ...outcome, kept: outcome.kept && reads, note: outcome.note ?? (reads ? 'reads were served meanwhile' : 'reads were not served') };
  },
  control: async (stage) => {
    const allocator = await stage.keepRunning('allocator');
    await makeFleet(stage);
    const acknowledged = await startVms(stage, { vms: VMS });
    disk.fill();
    await stage.postgres.kill();
    await allocator.stop();
    disk.clear();
    await stage.postgres.restart();
    return toOutcome(acknowledged.length, await examine(stage, acknowledged, { copy: false }));
  },
};
