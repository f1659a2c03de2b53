import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 10;
/** Only to end what hangs: on a machine that is busy with other specs a process may take half a minute to start. */
const DEFAULT_MS = 60_000;
/** What waits are multiplied by: a machine may need more, and a mutant that nobody expects to come right deserves less. */
const PATIENCE = Number(process.env['VFLEET_TEST_PATIENCE'] ?? 1);

/**
 * The first answer of `look` that is neither false nor undefined nor null. What `look` throws counts as not yet; a look that
 * itself takes as long as may be waited for is given up.
 * For things that give no event to wait for. What is waited for may be said at the end of the wait.
 * @throws Error naming what was waited for, with the last failure as its cause
 */
export const until = async <T>(
  what: string | (() => string),
  look: () => T | Promise<T>,
  timeoutMs = DEFAULT_MS,
): Promise<Exclude<T, false | null | undefined>> => {
  const waitMs = timeoutMs * PATIENCE;
  const deadline = Date.now() + waitMs;
  let cause: unknown;
  for (;;) {
    try {
      const answer = await within(waitMs, look());
      if (answer !== false && answer !== undefined && answer !== null) return answer as Exclude<T, false | null | undefined>;
    } catch (error) {
      cause = error;
    }
    if (Date.now() > deadline) throw new Error(`${typeof what === 'string' ? what : what()}: not within ${waitMs / 1000} s`, { cause });
    await delay(POLL_MS);
  }
};

/** What is looked at may never answer: a reader whose server says nothing more, a query on a connection that is cut. */
const within = async <T>(milliseconds: number, look: T | Promise<T>): Promise<T> => {
  const ending = new AbortController();
  const tooLate = async (): Promise<never> => {
    await delay(milliseconds, undefined, { signal: ending.signal });
    throw new Error('the last look was not answered');
  };
  const late = tooLate();
  late.catch(() => undefined);
  try {
    return await Promise.race([look, late]);
  } finally {
    ending.abort();
  }
};
