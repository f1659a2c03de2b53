import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

/** What the machine itself mounts says nothing about another one's hardware: `/host/sys` has its processes in `/host/proc`. */
export const procBeside = (sysfsRoot: string): string => resolve(sysfsRoot, '../proc');
/** As `procBeside`. */
export const runBeside = (sysfsRoot: string): string => resolve(sysfsRoot, '../run');

/** A tree without processes beside it was recorded somewhere, and has nobody who could mount anything. */
export const isRecording = (sysfsRoot: string, procRoot: string): boolean => procRoot === procBeside(sysfsRoot) && !existsSync(procRoot);
