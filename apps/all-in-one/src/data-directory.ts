import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { explainStart, isAlive, processStart } from '@vfleet/embedded';

/** Where to reach what runs; contract section 10. */
export interface Endpoints {
  readonly natsUrl: string;
  readonly pgUrl: string;
  readonly httpUrl: string;
  readonly pid: number;
}

/** Another supervisor runs on the data directory. */
export class AlreadyRunning extends Error {
  override readonly name = 'AlreadyRunning';
}

/** The data directory, held by this process until `release`. */
export interface DataDirectory {
  readonly path: (...names: string[]) => string;
  readonly publish: (endpoints: Endpoints) => void;
  readonly release: () => void;
}

interface Holder {
  readonly pid: number;
  /** Tells the process from a later one with the same number. */
  readonly started: string | undefined;
}

const readHolder = (file: string): Holder | undefined => {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Holder;
  } catch {
    return undefined;
  }
};

const hold = (folder: string, file: string): void => {
  const holder = readHolder(file);
  if (holder && isAlive(holder.pid) && processStart(holder.pid) === holder.started)
    throw new AlreadyRunning(`vfleet runs already on ${folder} (pid ${holder.pid}): stop that one, or set VFLEET_DATA_DIR to another folder`);
  rmSync(file, { force: true });
  const own: Holder = { pid: process.pid, started: processStart(process.pid) };
  writeFileSync(file, JSON.stringify(own), { flag: 'wx', mode: 0o600 });
};

/**
 * Opens a data directory, made when missing, for this process alone.
 * @throws AlreadyRunning, ServerStartError
 */
export const openDataDirectory = (folder: string): DataDirectory => {
  const path = (...names: string[]): string => join(folder, ...names);
  const [lock, endpoints] = [path('supervisor.lock'), path('endpoints.json')];
  try {
    mkdirSync(path('logs'), { recursive: true, mode: 0o700 });
    hold(folder, lock);
    rmSync(endpoints, { force: true });
  } catch (error) {
    throw error instanceof AlreadyRunning ? error : explainStart(`vfleet on ${folder}`, String(error), error);
  }
  return {
    path,
    publish: (found) => {
      writeFileSync(`${endpoints}.new`, `${JSON.stringify(found, null, 2)}\n`, { mode: 0o600 });
      renameSync(`${endpoints}.new`, endpoints);
    },
    release: () => [endpoints, lock].forEach((file) => rmSync(file, { force: true })),
  };
};
