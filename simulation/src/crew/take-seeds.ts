import 'reflect-metadata';
import { planOf } from '../plan.js';
import { runPlan } from '../run.js';
import { shrink } from '../shrink.js';
import { historyOf } from '../summary.js';
import type { SeedReport, Task } from './messages.js';

const say = (text: string): void => void process.stdout.write(`${text}\n`);

const take = async ({ seed, shrinks, verbose }: Task): Promise<SeedReport> => {
  const plan = planOf(seed);
  const result = await runPlan(seed, plan, verbose ? { tell: say } : {});
  const { steps, events, done, violation } = result;
  const report = { seed, steps, events, done: [...done] };
  if (!violation) return report;
  const least = shrinks ? await shrink(seed, { plan, result }) : { plan, result };
  return { ...report, broken: { promise: violation.promise, history: historyOf(least.result, least.plan) } };
};

/** Runs the seeds that the crew's head gives out, one after the other, until nobody listens any more. */
export const takeSeeds = (): void => {
  process.on('message', (task: Task) => void take(task).then((report) => process.send?.(report)));
  process.on('disconnect', () => process.exit());
};
