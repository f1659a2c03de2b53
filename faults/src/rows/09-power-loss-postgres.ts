import { join } from 'node:path';
import type { FaultRow } from '../fault-row.js';
import type { Acknowledged } from '../findings.js';
import { aLoopDisk, type LoopDisk } from '../loop-disk.js';
import { examine } from '../read-log.js';
import type { Stage } from '../stage.js';
import { copied, toOutcome, underFault } from '../under-fault.js';
import { makeFleet, startVms } from '../vm-load.js';

const MEGABYTES = 1_024;
const VMS = 600;
let disk: LoopDisk;

const losePower = async (stage: Stage): Promise<void> => {
  disk.cutPower();
  await stage.postgres.kill();
  disk.powerOn();
  await stage.postgres.restart();
};

/** What is left of a database that did not care for its disk; it may not even start, and then all is lost. */
const leftOver = async (stage: Stage, acknowledged: readonly Acknowledged[]) => {
  try {
    await losePower(stage);
    return toOutcome(acknowledged.length, await examine(stage, acknowledged, { copy: false }));
  } catch {
    return { acknowledged: acknowledged.length, lost: acknowledged.length, doubled: 0, kept: false, note: 'the database did not start again' };
  }
};

export const row: FaultRow = {
  number: 9,
  fault: 'power loss of the disk of PostgreSQL',
  promise: 'nothing acknowledged is lost, no number is left out',
  quick: false,
  needs: ['root', 'loop', 'python3'],
  places: (folder, part) => {
    disk = aLoopDisk(folder, MEGABYTES);
    const postgresSettings: Record<string, string> = part === 'control' ? { fsync: 'off' } : {};
    return { postgresFolder: join(disk.folder, 'postgres'), postgresSettings, close: disk.close };
  },
  run: async (stage) => {
    await stage.keepRunning('allocator');
    await makeFleet(stage);
    return underFault(stage, { vms: VMS, told: 'both' }, () => losePower(stage));
  },
  // The guard is that a commit is on the disk when it is answered.
  control: async (stage) => {
    const allocator = await stage.keepRunning('allocator');
    await makeFleet(stage);
    const acknowledged = await startVms(stage, { vms: VMS });
    await copied(stage);
    await allocator.stop();
    return leftOver(stage, acknowledged);
  },
};
