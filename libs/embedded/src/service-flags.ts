import { availableParallelism } from 'node:os';

/** MiB in which young objects live: with Node's 16 a service that takes facts as fast as it can spends a tenth more of its time on collecting them. */
const YOUNG_MIB = 32;
/** Threads that Node has beside the main one, however few cores there are. */
const MOST_THREADS = 4;

/**
 * Arguments of Node for a service. V8 collects with all its threads at once, and goes on when the last of them is done: with more threads than
 * cores each pause lasts until the scheduler has had them all (bench/NOTES.md). So there is a core for each, the main one included.
 */
export const serviceFlags = (cores = availableParallelism()): readonly string[] => [
  `--max-semi-space-size=${YOUNG_MIB}`,
  `--v8-pool-size=${Math.min(MOST_THREADS, Math.max(1, cores - 1))}`,
];
