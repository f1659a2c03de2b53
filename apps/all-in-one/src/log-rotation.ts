import { copyFileSync, statSync, truncateSync } from 'node:fs';

const LARGEST_LOG_BYTES = 16 * 1024 * 1024;
const LOOK_EVERY_MS = 30_000;

/** Copies a log that has reached the given size to `….1` and empties it. */
export const rotate = (file: string, largestBytes = LARGEST_LOG_BYTES): void => {
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) < largestBytes) return;
  copyFileSync(file, `${file}.1`);
  truncateSync(file);
};

/**
 * Keeps each log below 16 MiB, with one older generation beside it as `….1`. A log is copied and emptied, as its
 * writer holds it open for appending; what is written between the two steps is lost. Answers how to end it.
 */
export const rotateLogs = (files: readonly string[]): (() => void) => {
  const timer = setInterval(() => {
    for (const file of files) {
      try {
        rotate(file);
      } catch {
        // A full disk; the next look may find room.
      }
    }
  }, LOOK_EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
};
