import 'reflect-metadata';
import { readOptions, USAGE, WrongUsage, type Options } from './options.js';
import { planOf } from './plan.js';
import { runPlan } from './run.js';
import { shrink } from './shrink.js';
import { historyOf, Summary } from './summary.js';

const PROGRESS_EVERY = 100;
const MS_PER_SECOND = 1_000;

const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** True when every promise was kept. */
const runAll = async ({ from, seeds, verbose, without }: Options): Promise<boolean> => {
  const summary = new Summary();
  const guards = without === undefined ? {} : { without };
  const began = performance.now();
  for (let seed = from; seed < from + seeds; seed += 1) {
    const plan = planOf(seed);
    const result = await runPlan(seed, plan, { ...guards, ...(verbose && { tell: say }) });
    summary.add(result);
    if (result.violation) {
      say(`${historyOf(result, plan)}\nshrinking…`);
      const least = await shrink(seed, { plan, result }, guards);
      say(`${historyOf(least.result, least.plan)}\nagain: npm run test:simulation -- --seed ${seed}`);
      return false;
    }
    if (summary.seeds % PROGRESS_EVERY === 0) say(`${summary.seeds} of ${seeds}, ${((performance.now() - began) / MS_PER_SECOND).toFixed(0)} s`);
  }
  say(`${summary.text}\nevery promise was kept by the seeds from ${from} to ${from + seeds - 1}`);
  return true;
};

try {
  process.exitCode = (await runAll(readOptions(process.argv.slice(2), Math.floor(Date.now() / MS_PER_SECOND)))) ? 0 : 1;
} catch (error) {
  if (!(error instanceof WrongUsage)) throw error;
  process.stderr.write(`${error.message}\n${USAGE}\n`);
  process.exitCode = 64;
}
