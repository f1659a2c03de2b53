import { join } from 'node:path';
import type { FaultRow } from '../fault-row.js';
import { aLoopDisk, type LoopDisk } from '../loop-disk.js';
import { lossOfStream } from '../loss-of-stream.js';

const MEGABYTES = 512;
let disk: LoopDisk;

export const row: FaultRow = {
  number: 2,
  fault: 'power loss of the disk of NATS',
  promise: 'what the stream lost is published again from the journal',
  quick: true,
  needs: ['root', 'loop', 'python3'],
  places: (folder) => {
    disk = aLoopDisk(folder, MEGABYTES);
    return { natsFolder: join(disk.folder, 'nats'), close: disk.close };
  },
  ...lossOfStream(async (stage) => {
    disk.cutPower();
    await stage.bus.kill();
    disk.powerOn();
    await stage.bus.restart();
  }),
};
