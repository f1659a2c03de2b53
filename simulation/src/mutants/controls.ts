import { runSeeds } from '../crew/crew.js';
import type { SeedReport } from '../crew/messages.js';
import { MUTANTS, type Mutant } from './mutants.js';

/** What came of a control: the first seed that broke a promise, if one did. */
export interface Control {
  readonly mutant: Mutant;
  readonly found: SeedReport | undefined;
  readonly seconds: number;
}

const MS_PER_SECOND = 1_000;

/** Takes one guard out at a time, and runs the seeds from 1 until a promise is broken, as many as the mutant is given. */
export const tryMutants = async (workers: number, onControl: (control: Control) => void): Promise<readonly Control[]> => {
  const controls: Control[] = [];
  for (const mutant of MUTANTS) {
    const began = performance.now();
    const found = await firstOf(mutant, workers);
    const control = { mutant, found, seconds: (performance.now() - began) / MS_PER_SECOND };
    onControl(control);
    controls.push(control);
  }
  return controls;
};

/** The lowest seed that breaks a promise: those before it are seen to their end, whoever is the first to answer. */
const firstOf = async ({ name, within }: Mutant, workers: number): Promise<SeedReport | undefined> => {
  let first: SeedReport | undefined;
  const onReport = (report: SeedReport): void => {
    if (report.broken && report.seed < (first?.seed ?? Number.POSITIVE_INFINITY)) first = report;
  };
  await runSeeds({ from: 1, seeds: within, workers, mutant: name, onReport, isEnough: () => first !== undefined });
  return first;
};

export const lineOf = ({ mutant: { name, lacks, within }, found, seconds }: Control): string =>
  found
    ? `${name}: found by seed ${found.seed} (${found.broken?.promise}), ${seconds.toFixed(1)} s`
    : `${name}: NOT FOUND within ${within} seeds, though it lacks that ${lacks}`;
