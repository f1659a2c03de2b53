import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
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
  /** Says that this process is about to stop: what was published holds no longer, and a successor may wait. */
  readonly leave: () => void;
  readonly release: () => void;
}

interface Holder {
  readonly pid: number;
  /** Tells the process from a later one with the same number. */
  readonly started: string | undefined;
  readonly stopping?: boolean;
}

const POLL_MS = 100;
const UNAWARE_MS = 2_000;
const STOPPING_MS = 30_000;

const readHolder = (file: string): Holder | undefined => {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Holder;
  } catch {
    return undefined;
  }
};

const isHeld = (holder: Holder | undefined): holder is Holder =>
  holder !== undefined && isAlive(holder.pid) && processStart(holder.pid) === holder.started;

/** One folder after the other: Node 20 never comes back from `recursive` where a file system takes no folders, as /proc. */
const makeFolder = (folder: string): void => {
  if (existsSync(folder)) return;
  if (dirname(folder) !== folder) makeFolder(dirname(folder));
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if (!existsSync(folder)) throw error;
  }
};

/** Whole or not at all: nobody reads half of it. */
const write = (file: string, content: object, place: (from: string, to: string) => void): void => {
  const fresh = `${file}.${process.pid}`;
  writeFileSync(fresh, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  try {
    place(fresh, file);
  } finally {
    rmSync(fresh, { force: true });
  }
};

/** A supervisor that has just been told to stop, or is about to notice that it should, is waited for. */
const hold = async (folder: string, file: string, own: Holder): Promise<void> => {
  const began = Date.now();
  for (let holder = readHolder(file); isHeld(holder); holder = readHolder(file)) {
    if (Date.now() - began > (holder.stopping ? STOPPING_MS : UNAWARE_MS))
      throw new AlreadyRunning(`vfleet runs already on ${folder} (pid ${holder.pid}): stop that one, or set VFLEET_DATA_DIR to another folder`);
    await delay(POLL_MS);
  }
  rmSync(file, { force: true });
  write(file, own, linkSync);
};

/**
 * Opens a data directory, made when missing, for this process alone.
 * @throws AlreadyRunning, ServerStartError
 */
export const openDataDirectory = async (folder: string): Promise<DataDirectory> => {
  const path = (...names: string[]): string => join(folder, ...names);
  const [lock, endpoints] = [path('supervisor.lock'), path('endpoints.json')];
  const own: Holder = { pid: process.pid, started: processStart(process.pid) };
  try {
    makeFolder(path('logs'));
    await hold(folder, lock, own);
    rmSync(endpoints, { force: true });
  } catch (error) {
    throw error instanceof AlreadyRunning ? error : explainStart(`vfleet on ${folder}`, String(error), error);
  }
  return {
    path,
    publish: (found) => write(endpoints, found, renameSync),
    leave: () => {
      rmSync(endpoints, { force: true });
      write(lock, { ...own, stopping: true } satisfies Holder, renameSync);
    },
    release: () => [endpoints, lock].forEach((file) => rmSync(file, { force: true })),
  };
};
