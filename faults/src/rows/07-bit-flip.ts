import { closeSync, openSync, readdirSync, readSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { FaultRow } from '../fault-row.js';
import { lossOfStream } from '../loss-of-stream.js';
import { messagesFolder } from '../nats-data.js';

/** Turns one bit in the middle of the first block of messages. */
const flipBit = (folder: string): void => {
  const block = readdirSync(folder)
    .filter((name) => name.endsWith('.blk'))
    .sort()[0];
  if (block === undefined) throw new Error(`there is no block of messages in ${folder}`);
  const path = join(folder, block);
  const middle = Math.floor(statSync(path).size / 2);
  const file = openSync(path, 'r+');
  const byte = Buffer.alloc(1);
  readSync(file, byte, 0, 1, middle);
  writeSync(file, Buffer.of((byte[0] ?? 0) ^ 1), 0, 1, middle);
  closeSync(file);
};

export const row: FaultRow = {
  number: 7,
  fault: 'one bit of a stored message turned over',
  promise: 'detected, and the stream made whole again',
  quick: false,
  ...lossOfStream(async (stage) => {
    await stage.bus.kill();
    flipBit(messagesFolder(stage));
    await stage.bus.restart();
  }),
};
