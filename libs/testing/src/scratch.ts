import { mkdtempSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MEMORY = '/dev/shm';
/** A tree of many small files needs room; containers often have 64 MiB there. */
const ROOM_BYTES = 512 * 1024 * 1024;

/** A new folder for trees of thousands of small files: in memory where there is room, for a disk takes ten times as long. The caller removes it. */
export const scratchFolder = (name: string): string => mkdtempSync(join(hasRoom() ? MEMORY : tmpdir(), `vfleet-${name}-`));

const hasRoom = (): boolean => {
  try {
    const { bavail, bsize } = statfsSync(MEMORY);
    return bavail * bsize > ROOM_BYTES;
  } catch {
    return false;
  }
};
