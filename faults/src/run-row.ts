import type { FaultRow, Outcome } from './fault-row.js';
import { lacking } from './needs.js';
import { Stage } from './stage.js';

export type Verdict = 'kept' | 'broken' | 'control did not fail' | 'skipped' | 'failed';

/** What a row came to, as it is stored. */
export interface RowResult {
  readonly number: number;
  readonly fault: string;
  readonly promise: string;
  readonly verdict: Verdict;
  readonly runs: number;
  /** Sums over the runs. */
  readonly acknowledged: number;
  readonly lost: number;
  readonly doubled: number;
  /** The longest of the runs. */
  readonly healMs?: number;
  /** What the reader found where the guard was taken out; undefined where the control did not run. */
  readonly control?: Pick<Outcome, 'lost' | 'doubled' | 'kept' | 'note'>;
  readonly note?: string;
}

export interface RowRunOptions {
  readonly runs: number;
  readonly controlOnly: boolean;
  readonly say: (message: string) => void;
}

/** A run that takes longer hangs: the row has failed, and the next has its turn. */
const LONGEST_RUN_MS = 10 * 60_000;

const inTime = async <Result>(work: Promise<Result>): Promise<Result> => {
  let timer: NodeJS.Timeout | undefined;
  const end = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`is not done after ${LONGEST_RUN_MS / 60_000} minutes`)), LONGEST_RUN_MS);
  });
  return Promise.race([work, end]).finally(() => clearTimeout(timer));
};

let open: Stage | undefined;

/** Closes the stage of the row that runs, where one does: for a process that is told to end. */
export const closeStage = async (): Promise<void> => open?.close();

const onStage = async (row: FaultRow, part: 'run' | 'control', say: (message: string) => void): Promise<Outcome> => {
  const stage = await Stage.open(`row-${row.number}-${part}`, say, (folder) => row.places?.(folder, part) ?? {});
  open = stage;
  try {
    return await row[part](stage);
  } finally {
    open = undefined;
    await stage.close();
  }
};

const sum = (outcomes: readonly Outcome[], field: 'acknowledged' | 'lost' | 'doubled'): number =>
  outcomes.reduce((total, outcome) => total + outcome[field], 0);

/** The verdict over all runs: a promise that broke once is broken, and so is a control that found nothing. */
export const verdictOf = (outcomes: readonly Outcome[], control: Pick<Outcome, 'kept'> | undefined): Verdict => {
  if (outcomes.some(({ kept }) => !kept)) return 'broken';
  return control?.kept === false ? 'kept' : 'control did not fail';
};

/** Brings runs and control of a row together. */
export const toResult = ({ number, fault, promise }: FaultRow, outcomes: readonly Outcome[], control: Outcome): RowResult => {
  const heals = outcomes.flatMap(({ healMs }) => healMs ?? []);
  const note = outcomes.find(({ kept }) => !kept)?.note ?? outcomes.find(({ note }) => note)?.note;
  return {
    number,
    fault,
    promise,
    verdict: verdictOf(outcomes, control),
    runs: outcomes.length,
    acknowledged: sum(outcomes, 'acknowledged'),
    lost: sum(outcomes, 'lost'),
    doubled: sum(outcomes, 'doubled'),
    ...(heals.length > 0 && { healMs: Math.max(...heals) }),
    control: { lost: control.lost, doubled: control.doubled, kept: control.kept, ...(control.note !== undefined && { note: control.note }) },
    ...(note !== undefined && { note }),
  };
};

const without = ({ number, fault, promise }: FaultRow, verdict: Verdict, note: string): RowResult => ({
  number,
  fault,
  promise,
  verdict,
  runs: 0,
  acknowledged: 0,
  lost: 0,
  doubled: 0,
  note,
});

/** Runs a row so many times, and its control once. What a row throws is a failure of the row, never a promise that was kept. */
export const runRow = async (row: FaultRow, { runs, controlOnly, say }: RowRunOptions): Promise<RowResult> => {
  const missing = lacking(row.needs);
  if (missing.length > 0) return without(row, 'skipped', `needs ${missing.join(' and ')}`);
  try {
    const outcomes: Outcome[] = [];
    for (let run = 1; run <= (controlOnly ? 0 : runs); run += 1) {
      say(`row ${row.number}, ${row.fault}: run ${run} of ${runs}`);
      outcomes.push(await inTime(onStage(row, 'run', say)));
    }
    say(`row ${row.number}, ${row.fault}: control`);
    return toResult(row, outcomes, await inTime(onStage(row, 'control', say)));
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? ` (${error.cause.message})` : '';
    return without(row, 'failed', `${error instanceof Error ? error.message : String(error)}${cause}`.replaceAll('\n', ' '));
  }
};
