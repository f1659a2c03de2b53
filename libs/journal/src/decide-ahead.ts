export type Settled<Result> = { readonly ok: true; readonly value: Result } | { readonly ok: false; readonly error: unknown };

/** A job in line, and where its answer goes. */
export interface Waiting<Job, Result> {
  readonly job: Job;
  readonly settle: (settled: Settled<Result>) => void;
}

/** Jobs that are decided together and not written yet. */
export interface Draft<Job, Result> {
  /** Decides one more, as if everything before it were written. Throws where that cannot be said. */
  readonly add: (job: Job) => void;
  /** Writes them in one transaction and answers each, in order. Rejects when it is not known that all of them are written. */
  readonly write: () => Promise<readonly Settled<Result>[]>;
}

/** How jobs are decided while those before them are written. */
export interface Ahead<Job, Result> {
  /** A draft over the last one, which is being written or was. */
  readonly begin: () => Draft<Job, Result>;
  /** Nothing counts of what was drafted and is not known to be written. */
  readonly forget: () => void;
}

/** The jobs in line. */
export interface Line<Job, Result> {
  readonly waiting: Waiting<Job, Result>[];
  readonly maxBatch: number;
  /** Resolves when the next one comes. */
  readonly arrival: () => Promise<void>;
}

/** So long jobs are decided in one go: the first are being written while the others are decided. */
const SLICE_MS = 2.5;

/**
 * Decides what waits while what was decided before it is being written, one transaction at a time. Resolves when nothing
 * waits any more, or with the first thing that goes wrong: then everything that is not settled waits again, in its order.
 */
export const decideAhead = async <Job, Result>(line: Line<Job, Result>, ahead: Ahead<Job, Result>): Promise<void> => {
  const { waiting, maxBatch, arrival } = line;
  let draft = begin(ahead);
  let written: Drafted<Job, Result> | undefined;
  let writing: Promise<void> | undefined;
  let wrong = false;
  while (!wrong && (writing || waiting.length + draft.jobs.length > 0)) {
    wrong = !decideSome(line, draft);
    if (!wrong && !writing) {
      written = draft;
      writing = write(draft).then(
        () => void (writing = undefined),
        () => void (wrong = true),
      );
      draft = begin(ahead);
    } else if (waiting.length > 0 && draft.jobs.length < maxBatch) await nextTurn();
    else if (writing) await Promise.race([writing, ...(draft.jobs.length < maxBatch ? [arrival()] : [])]);
  }
  await writing;
  if (!wrong) return;
  ahead.forget();
  waiting.unshift(...(writing ? (written?.jobs ?? []) : []), ...draft.jobs);
};

interface Drafted<Job, Result> extends Draft<Job, Result> {
  readonly jobs: Waiting<Job, Result>[];
}

const begin = <Job, Result>(ahead: Ahead<Job, Result>): Drafted<Job, Result> => ({ ...ahead.begin(), jobs: [] });

/** Decides as many as fit into the draft and the time; false when one of them could not be, which is in the draft's jobs all the same. */
const decideSome = <Job, Result>({ waiting, maxBatch }: Line<Job, Result>, draft: Drafted<Job, Result>): boolean => {
  const end = performance.now() + SLICE_MS;
  let taken = 0;
  try {
    for (const one of waiting) {
      if (draft.jobs.length >= maxBatch || performance.now() > end) break;
      taken += 1;
      draft.jobs.push(one);
      draft.add(one.job);
    }
    return true;
  } catch {
    return false;
  } finally {
    waiting.splice(0, taken);
  }
};

const write = async <Job, Result>(draft: Drafted<Job, Result>): Promise<void> => {
  const settled = await draft.write();
  settled.forEach((outcome, index) => draft.jobs[index]?.settle(outcome));
};

const nextTurn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
