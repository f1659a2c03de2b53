import { isKept, toTable } from './figure.js';
import { chooseLoad, type LoadChoice } from './load-choice.js';
import { circumstances, storeLoad } from './load-results.js';
import type { Scenario } from './scenario.js';
import { flood } from './flood.js';
import { overload } from './overload.js';
import { slowDisk } from './slow-disk.js';
import { slowReader } from './slow-reader.js';
import { soak } from './soak.js';
import { storm } from './storm.js';

const SCENARIOS: Readonly<Record<string, Scenario>> = { storm, flood, 'slow-reader': slowReader, 'slow-disk': slowDisk, overload, soak };
const NAMES = Object.keys(SCENARIOS);
const WRONG_USE = 64;

const say = (message: string): void => void process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${message}\n`);

/** Whether everything that is promised was kept. */
const runOne = async (name: string, choice: LoadChoice): Promise<boolean> => {
  const scenario = SCENARIOS[name] as Scenario;
  const machine = circumstances();
  say(`${scenario.title.toLowerCase()}; ${machine}`);
  try {
    const figures = await scenario.run({ ...choice, say });
    storeLoad(name, scenario, machine, figures, NAMES);
    process.stdout.write(`${scenario.title}\n${toTable(figures)}\n`);
    return figures.every((figure) => isKept(figure) !== false);
  } catch (error) {
    process.stderr.write(`${scenario.title} did not come to its end: ${(error as Error).stack}\n`);
    return false;
  }
};

const main = async (): Promise<number> => {
  let choice: LoadChoice;
  try {
    choice = chooseLoad(process.argv.slice(2), NAMES);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    process.stderr.write(`vfleet: ${error.message}\n`);
    return WRONG_USE;
  }
  let good = true;
  // One after the other, each also where the one before was not kept.
  for (const name of choice.names) good = (await runOne(name, choice)) && good;
  return good ? 0 : 1;
};

process.exitCode = await main();
