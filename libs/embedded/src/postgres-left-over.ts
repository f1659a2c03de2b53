import { readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readPidFile, type PidFile } from './postgres-data.js';
import { childrenOf, commandLine, isAlive, signal, waitForEnd, workingFolder } from './processes.js';

const FAST_SHUTDOWN_MS = 15_000;
const KILLED_MS = 10_000;

/** Whether a process is the postmaster of the given data: a postmaster works in its data folder. */
const isPostmasterOf = (pid: number, data: string): boolean => {
  if (!isAlive(pid)) return false;
  const folder = workingFolder(pid);
  return folder === undefined ? commandLine(pid).includes(data) : folder === realpathSync(data);
};

/**
 * The postmaster that an earlier process left running on the data. A pid file whose process is gone, or whose number
 * now belongs to another program, is made harmless: it gets the pid of PostgreSQL's future parent, which PostgreSQL
 * takes for stale, while the key of the shared memory in it stays. Removing the file would take away the guard
 * against backends that still run.
 */
export const leftOverPostmaster = (data: string): PidFile | undefined => {
  const found = readPidFile(data);
  if (!found) return undefined;
  if (isPostmasterOf(found.pid, data)) return found;
  const file = join(data, 'postmaster.pid');
  writeFileSync(file, readFileSync(file, 'utf8').replace(/^.*\n/, `${process.pid}\n`));
  return undefined;
};

/** SIGKILL for the postmaster and every backend, so that none of them writes any more; returns when all are gone. */
export const killPostmaster = async (pid: number): Promise<void> => {
  const backends = childrenOf(pid);
  for (const each of [pid, ...backends]) signal(each, 'SIGKILL');
  await Promise.all([pid, ...backends].map((each) => waitForEnd(each, KILLED_MS)));
};

/** A fast shutdown (open transactions are rolled back), by force where that takes too long. */
export const stopPostmaster = async (pid: number): Promise<void> => {
  signal(pid, 'SIGINT');
  if (!(await waitForEnd(pid, FAST_SHUTDOWN_MS))) await killPostmaster(pid);
};

/** Stops the server that an earlier process left running in the given home (`dataDir`), if there is one. */
export const stopLeftOverPostgres = async (home: string): Promise<void> => {
  const data = join(home, 'data');
  const found = leftOverPostmaster(data);
  if (found) await stopPostmaster(found.pid);
};
