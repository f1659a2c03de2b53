import type { Places, Stage } from './stage.js';
import type { Guard } from './unguarded/guard.js';

/** What a machine must have for a row to run: `root` may mount and stop file systems, `python3` asks for what Node cannot. */
export type Need = 'root' | 'loop' | 'python3' | 'faketime';

/** What one run came to, as the independent reader found it. */
export interface Outcome {
  /** Answers that somebody got and counts on. */
  readonly acknowledged: number;
  /** Of what was acknowledged or committed, what a reader does not find. */
  readonly lost: number;
  /** What is there more often than it happened: events, devices with two holders, VMs that were given something twice. */
  readonly doubled: number;
  /** From the strike until all that was committed before it could be read again, in milliseconds. */
  readonly healMs?: number;
  /** Whether the promise was kept. */
  readonly kept: boolean;
  /** One line for the table: what else was measured, or the first thing that was found wrong. */
  readonly note?: string;
}

/** One row of the fault matrix: a fault, what is promised under it, and how both are shown. */
export interface FaultRow {
  readonly number: number;
  readonly fault: string;
  readonly promise: string;
  /**
   * Runs in CI: takes less than half a minute with its control, judges nothing by how long it took, and shows what no other quick
   * row shows; all of them together take less than five minutes.
   */
  readonly quick: boolean;
  /** A machine that lacks one of these skips the row, and says so. */
  readonly needs?: readonly Need[];
  /** All that run and control change in what is built: a spec sees that each text stands in its file, for nobody runs every row each day. */
  readonly guards?: readonly Pick<Guard, 'file' | 'find'>[];
  /** Where the servers of the stage keep their data, and with what settings; below the stage's folder by default. */
  readonly places?: (folder: string, part: 'run' | 'control') => Promise<Places> | Places;
  /** The fault under load. Each call gets a stage of its own. */
  readonly run: (stage: Stage) => Promise<Outcome>;
  /** The same with the guard taken out, or with a real loss for the reader to find: it must come out as not kept. */
  readonly control: (stage: Stage) => Promise<Outcome>;
}
