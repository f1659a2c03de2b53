import { execFileSync } from 'node:child_process';
import { chmodSync, closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** An ext4 file system of its own, in a file, whose power can be cut. Needs root, loop devices and python3. */
export interface LoopDisk {
  /** Where it is mounted. */
  readonly folder: string;
  /** From now on nothing more reaches the disk, and what was not synced is lost: what a power failure does. */
  readonly cutPower: () => void;
  /** Brings it back as the disk has it. Whoever had files open must be gone. */
  readonly powerOn: () => void;
  /** Takes all the room that is left. */
  readonly fill: () => void;
  /** Gives it back. */
  readonly clear: () => void;
  readonly close: () => void;
}

/** Larger pieces first: the last blocks are taken as well. */
const PIECES_BYTES = [4 * 1024 * 1024, 4 * 1024];

const writeUntilFull = (path: string): void => {
  const file = openSync(path, 'w');
  for (const bytes of PIECES_BYTES) {
    try {
      for (;;) writeSync(file, Buffer.alloc(bytes, 1));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
  }
  closeSync(file);
};

const run = (command: string, ...args: readonly string[]): void => void execFileSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });

const BUSY_TRIES = 100;

/** What a process had open that was killed just before is let go of a moment later. */
const unmount = (folder: string): void => {
  for (let tried = 1; ; tried += 1) {
    try {
      return run('umount', folder);
    } catch (error) {
      if (tried === BUSY_TRIES || !String(error).includes('busy')) throw error;
      run('sleep', '0.1');
    }
  }
};

/** EXT4_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH, from Linux's fs/ext4/ext4.h: not even the journal is written. */
const SHUT_DOWN = `
import fcntl, os, struct, sys
fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587d, struct.pack('I', 2))`;

/** Makes such a disk below a folder. */
export const aLoopDisk = (below: string, megabytes: number): LoopDisk => {
  const [image, folder] = [join(below, 'disk.img'), join(below, 'disk')];
  run('truncate', '-s', `${megabytes}M`, image);
  run('mkfs.ext4', '-q', '-m', '0', image);
  mkdirSync(folder);
  run('mount', '-o', 'loop', image, folder);
  chmodSync(folder, 0o755);
  return {
    folder,
    cutPower: () => run('python3', '-c', SHUT_DOWN, folder),
    powerOn: () => {
      unmount(folder);
      run('mount', '-o', 'loop', image, folder);
    },
    fill: () => writeUntilFull(join(folder, 'filler')),
    clear: () => rmSync(join(folder, 'filler'), { force: true }),
    close: () => unmount(folder),
  };
};
