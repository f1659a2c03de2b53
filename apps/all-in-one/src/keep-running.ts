import { setTimeout as delay } from 'node:timers/promises';

/** Something that runs, may end for any cause, and can be started again in its place. */
export interface Restartable {
  readonly pid: number;
  /** Settles when it has ended; a new promise after each `restart`. */
  readonly ended: Promise<void>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface Kept {
  readonly name: string;
  readonly pid: () => number | undefined;
  readonly restarts: () => number;
  /** Ends it for good. */
  readonly stop: () => Promise<void>;
}

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 10_000;
/** What has run for so long was in order, so its next end is a first one again. */
const GOOD_RUN_MS = 30_000;

/** Starts a thing again whenever it ends, after a pause that doubles while it keeps ending. */
export const keepRunning = (name: string, one: Restartable, say: (message: string) => void): Kept => {
  let stopping = false;
  let restarts = 0;
  let running = true;
  const stopped = new AbortController();
  const watch = async (): Promise<void> => {
    for (let pause = FIRST_PAUSE_MS, since = Date.now(); ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      await one.ended;
      running = false;
      if (stopping) return;
      if (Date.now() - since > GOOD_RUN_MS) pause = FIRST_PAUSE_MS;
      say(`${name} has ended and is started again`);
      await delay(pause, undefined, { signal: stopped.signal }).catch(() => undefined);
      if (stopping) return;
      since = Date.now();
      restarts += 1;
      running = await one.restart().then(
        () => true,
        (error: unknown) => (say((error as Error).message), false),
      );
      if (stopping) await one.stop();
    }
  };
  const watching = watch();
  const stop = async (): Promise<void> => {
    stopping = true;
    stopped.abort();
    await one.stop();
    await watching;
  };
  return { name, pid: () => (running ? one.pid : undefined), restarts: () => restarts, stop };
};
