import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { runSeeds } from './crew/crew.js';
import { Blocks } from './crew/blocks.js';
import { lineOf, tryMutants } from './mutants/controls.js';
import { readOptions, USAGE, WrongUsage, type Options } from './options.js';
import { Summary } from './summary.js';

const PROGRESS_EVERY = 100;
const MS_PER_SECOND = 1_000;

/** Tests that passed and failed. */
interface Counts {
  readonly passed: number;
  readonly failed: number;
}

const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** Each block of seeds is one test. */
const tryPromises = async ({ from, seeds, workers, verbose, without }: Options): Promise<Counts> => {
  const summary = new Summary();
  const blocks = new Blocks(from, seeds);
  const began = performance.now();
  await runSeeds({
    from,
    seeds,
    workers,
    ...(without !== undefined && { mutant: without }),
    // The first history is made shorter; another one mostly has the same reason.
    how: () => ({ shrinks: blocks.failed === 0, verbose }),
    onReport: (report) => {
      summary.add(report);
      blocks.add(report);
      if (report.broken) say(`${report.broken.history}\nagain: npm run test:simulation -- --seed ${report.seed}`);
      if (summary.seeds % PROGRESS_EVERY === 0) say(`${summary.seeds} of ${seeds}, ${((performance.now() - began) / MS_PER_SECOND).toFixed(0)} s`);
    },
  });
  say(`${summary.text}\n${blocks.text}`);
  return blocks;
};

/** Each guard is one test. */
const tryControls = async ({ workers }: Options): Promise<Counts> => {
  const controls = await tryMutants(workers, (control) => say(lineOf(control)));
  const passed = controls.filter(({ found }) => found !== undefined).length;
  return { passed, failed: controls.length - passed };
};

try {
  const options = readOptions(process.argv.slice(2), Math.floor(Date.now() / MS_PER_SECOND), availableParallelism());
  const { passed, failed } = await (options.controls ? tryControls(options) : tryPromises(options));
  if (options.report !== undefined) writeFileSync(options.report, JSON.stringify({ passed, failed }));
  process.exitCode = failed === 0 ? 0 : 1;
} catch (error) {
  if (!(error instanceof WrongUsage)) throw error;
  process.stderr.write(`${error.message}\n${USAGE}\n`);
  process.exitCode = 64;
}
