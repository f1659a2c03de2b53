import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Need } from './fault-row.js';

const runs = (command: string, ...args: readonly string[]): boolean => spawnSync(command, args, { stdio: 'ignore' }).status === 0;

const THERE: Readonly<Record<Need, () => boolean>> = {
  root: () => process.getuid?.() === 0,
  loop: () => existsSync('/dev/loop-control') && runs('mkfs.ext4', '-V') && runs('losetup', '--version'),
  python3: () => runs('python3', '--version'),
};

const WORDS: Readonly<Record<Need, string>> = {
  root: 'root',
  loop: 'loop devices with mkfs.ext4 and losetup',
  python3: 'python3',
};

/** What of a row's needs this machine lacks, in words. */
export const lacking = (needs: readonly Need[] = []): readonly string[] => needs.filter((need) => !THERE[need]()).map((need) => WORDS[need]);
