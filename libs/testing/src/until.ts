import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 10;
const DEFAULT_MS = 30_000;

/**
 * The first answer of `look` that is neither false nor undefined nor null. What `look` throws counts as not yet.
 * For things that give no event to wait for.
 * @throws Error naming what was waited for, with the last failure as its cause
 */
export const until = async <T>(what: string, look: () => T | Promise<T>, timeoutMs = DEFAULT_MS): Promise<Exclude<T, false | null | undefined>> => {
  const deadline = Date.now() + timeoutMs;
  let cause: unknown;
  for (;;) {
    try {
      const answer = await look();
      if (answer !== false && answer !== undefined && answer !== null) return answer as Exclude<T, false | null | undefined>;
    } catch (error) {
      cause = error;
    }
    if (Date.now() > deadline) throw new Error(`${what}: not within ${timeoutMs / 1000} s`, { cause });
    await delay(POLL_MS);
  }
};
