import type { Guard } from './store/record.js';

/** What the command line asks for. */
export interface Options {
  /** First seed, and how many. */
  readonly from: number;
  readonly seeds: number;
  /** Everything that happens in one run is printed. */
  readonly verbose: boolean;
  readonly without?: Guard;
}

export class WrongUsage extends Error {
  override readonly name = 'WrongUsage';
}

export const USAGE = `usage: npm run test:simulation -- [--seeds N] [--from S] [--seed X [--verbose]] [--without version|fence|inbox]
  --seeds N     how many seeds, 1,000 unless told
  --from S      the first of them; from the clock unless told, so that each run takes others
  --seed X      only this one
  --verbose     prints every event and every word of the processes' logs
  --without G   takes a guard of the store out: the run has to fail`;

const GUARDS: readonly string[] = ['version', 'fence', 'inbox'] satisfies readonly Guard[];
const SEEDS = 1_000;

/** @throws WrongUsage */
export const readOptions = (given: readonly string[], now: number): Options => {
  const options: Record<string, string> = {};
  for (let place = 0; place < given.length; place += 1) {
    const name = given[place] as string;
    if (name === '--verbose') options[name] = 'yes';
    else if (['--seeds', '--from', '--seed', '--without'].includes(name)) options[name] = given[(place += 1)] ?? '';
    else throw new WrongUsage(`${name} is no option`);
  }
  const guard = options['--without'];
  if (guard !== undefined && !GUARDS.includes(guard)) throw new WrongUsage(`--without takes ${GUARDS.join(', ')}`);
  const one = options['--seed'];
  return {
    from: whole('--from', one ?? options['--from'] ?? String(now)),
    seeds: one === undefined ? whole('--seeds', options['--seeds'] ?? String(SEEDS)) : 1,
    verbose: options['--verbose'] !== undefined,
    ...(guard !== undefined && { without: guard as Guard }),
  };
};

const whole = (name: string, text: string): number => {
  if (!/^[1-9]\d*$/.test(text)) throw new WrongUsage(`${name} takes a whole number from 1, not ${text || 'nothing'}`);
  return Number(text);
};
