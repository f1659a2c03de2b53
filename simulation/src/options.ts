import { parseArgs } from 'node:util';
import { MUTANTS } from './mutants/mutants.js';

/** What the command line asks for. */
export interface Options {
  /** First seed, and how many. */
  readonly from: number;
  readonly seeds: number;
  /** Processes at once. */
  readonly workers: number;
  /** Everything that happens in one run is printed. */
  readonly verbose: boolean;
  /** Each guard is taken out in turn. */
  readonly controls: boolean;
  /** Name of a guard that is taken out. */
  readonly without?: string;
  /** File for how many tests passed and failed, as JSON. */
  readonly report?: string;
}

export class WrongUsage extends Error {
  override readonly name = 'WrongUsage';
}

const GUARDS: readonly string[] = MUTANTS.map(({ name }) => name);
const SEEDS = 1_000;

export const USAGE = `usage: npm run test:simulation -- [--seeds N] [--from S] [--seed X [--verbose]] [--without GUARD] [--controls] [--workers W] [--report FILE]
  --seeds N     how many seeds, 1,000 unless told
  --from S      the first of them; from the clock unless told, so that each run takes others
  --seed X      only this one
  --verbose     prints every event and every word of the processes' logs
  --without G   takes a guard out: ${GUARDS.join(', ')}; the run has to fail
  --controls    takes each guard out in turn, and says which seed found it
  --workers W   processes at once, one for each processor unless told
  --report F    writes how many tests passed and failed to a file`;

const TEXT = { type: 'string' } as const;
const SWITCH = { type: 'boolean', default: false } as const;
const OPTIONS = {
  seeds: TEXT,
  from: TEXT,
  seed: TEXT,
  workers: TEXT,
  without: TEXT,
  report: TEXT,
  verbose: SWITCH,
  controls: SWITCH,
};

/** @throws WrongUsage */
export const readOptions = (given: readonly string[], now: number, processors: number): Options => {
  const { seeds, from, seed, workers, without, report, verbose, controls } = parse(given);
  if (without !== undefined && !GUARDS.includes(without)) throw new WrongUsage(`--without takes ${GUARDS.join(', ')}`);
  return {
    from: whole(seed === undefined ? '--from' : '--seed', seed ?? from ?? String(now)),
    seeds: seed === undefined ? whole('--seeds', seeds ?? String(SEEDS)) : 1,
    workers: whole('--workers', workers ?? String(processors)),
    verbose,
    controls,
    ...(without !== undefined && { without }),
    ...(report !== undefined && { report }),
  };
};

const parse = (given: readonly string[]) => {
  try {
    return parseArgs({ args: [...given], options: OPTIONS }).values;
  } catch (error) {
    throw new WrongUsage((error as Error).message);
  }
};

const whole = (name: string, text: string): number => {
  if (!/^[1-9]\d*$/.test(text)) throw new WrongUsage(`${name} takes a whole number from 1, not ${text || 'nothing'}`);
  return Number(text);
};
