import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { SeedReport, Task } from './messages.js';

export interface CrewOptions {
  readonly from: number;
  readonly seeds: number;
  /** Processes at once. */
  readonly workers: number;
  /** Name of a guard that is taken out. */
  readonly mutant?: string;
  /** How the next seed is to be run. */
  readonly how?: () => Omit<Task, 'seed'>;
  readonly onReport: (report: SeedReport) => void;
  /** No more seeds are given out. */
  readonly isEnough?: () => boolean;
}

const PROGRAM = fileURLToPath(new URL('member.js', import.meta.url));
const PLAINLY: Omit<Task, 'seed'> = { shrinks: false, verbose: false };

/** Runs seeds in several processes; each takes the next one that is left. @throws Error when a process ends by itself */
export const runSeeds = async ({
  from,
  seeds,
  workers,
  mutant,
  how = () => PLAINLY,
  onReport,
  isEnough = () => false,
}: CrewOptions): Promise<void> => {
  let next = from;
  const work = async (): Promise<void> => {
    const member = fork(PROGRAM, mutant === undefined ? [] : [mutant], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    try {
      while (next < from + seeds && !isEnough()) onReport(await ask(member, { seed: next++, ...how() }));
    } finally {
      member.kill();
    }
  };
  await Promise.all(Array.from({ length: Math.min(workers, seeds) }, work));
};

const ask = async (member: ChildProcess, task: Task): Promise<SeedReport> => {
  const waiting = new AbortController();
  const { signal } = waiting;
  const ended = once(member, 'exit', { signal }).then(([code]) => {
    throw new Error(`the process that ran seed ${task.seed} ended with ${code}`);
  });
  ended.catch(() => undefined);
  try {
    member.send(task);
    const [report] = (await Promise.race([once(member, 'message', { signal }), ended])) as [SeedReport];
    return report;
  } finally {
    waiting.abort();
  }
};
