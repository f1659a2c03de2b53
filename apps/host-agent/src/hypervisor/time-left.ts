/** Counts down by the monotonic clock: a clock that is set moves no deadline. */
export interface TimeLeft {
  readonly ms: number;
  readonly over: boolean;
}

export const timeLeft = (ms: number): TimeLeft => {
  const end = performance.now() + ms;
  return {
    get ms() {
      return Math.max(0, end - performance.now());
    },
    get over() {
      return performance.now() >= end;
    },
  };
};

/** Longest time that a timer of Node can wait for. */
const LONGEST_TIMER_MS = 2_147_483_647;

/** The promise's answer, or `late` when the time is over first. @throws the signal's reason when it is aborted. */
export const within = async <T, L>(promise: Promise<T>, ms: number, late: L, signal?: AbortSignal): Promise<T | L> => {
  const stop = new AbortController();
  let timeout: NodeJS.Timeout | undefined;
  const timer = new Promise<L>((resolve) => (timeout = setTimeout(resolve, Math.min(ms, LONGEST_TIMER_MS), late)));
  const aborted = signal && untilAborted(signal, stop.signal);
  try {
    return await Promise.race([promise, timer, ...(aborted ? [aborted] : [])]);
  } finally {
    stop.abort();
    clearTimeout(timeout);
    promise.catch(() => {});
  }
};

const untilAborted = (signal: AbortSignal, stop: AbortSignal): Promise<never> => {
  const aborted = new Promise<never>((_, reject) => {
    const give = (): void => reject(signal.reason as Error);
    if (signal.aborted) give();
    else signal.addEventListener('abort', give, { once: true, signal: stop });
  });
  aborted.catch(() => {});
  return aborted;
};
