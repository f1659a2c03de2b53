import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFaketime } from './faked-clock.js';
import type { Need } from './fault-row.js';
import { aLoopDisk } from './loop-disk.js';

const runs = (command: string, ...args: readonly string[]): boolean => spawnSync(command, args, { stdio: 'ignore' }).status === 0;

const TRIAL_MEGABYTES = 16;

/** Found out by trying: a container may show loop devices and not let them be used. */
const canCutPower = (): boolean => {
  const folder = mkdtempSync(join(tmpdir(), 'vfleet-loop-'));
  try {
    const disk = aLoopDisk(folder, TRIAL_MEGABYTES);
    try {
      disk.cutPower();
      disk.powerOn();
    } finally {
      disk.close();
    }
    return true;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const THERE: Readonly<Record<Need, () => boolean>> = {
  root: () => process.getuid?.() === 0,
  loop: canCutPower,
  python3: () => runs('python3', '--version'),
  faketime: () => findFaketime() !== undefined,
};

const WORDS: Readonly<Record<Need, string>> = {
  root: 'root',
  loop: 'ext4 on loop devices that may be mounted and shut down',
  python3: 'python3',
  faketime: 'libfaketime (the Debian package faketime)',
};

/** What of a row's needs this machine lacks, in words. */
export const lacking = (needs: readonly Need[] = []): readonly string[] => needs.filter((need) => !THERE[need]()).map((need) => WORDS[need]);
