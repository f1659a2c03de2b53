import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What the command line asks for. */
export interface LoadChoice {
  readonly names: readonly string[];
  readonly minutes?: number;
  readonly rate?: number;
  readonly folder: string;
}

const numberOf = (option: string, value: string | undefined): number => {
  const number = Number(value);
  if (!(number > 0)) throw new RangeError(`${option} takes a number above 0`);
  return number;
};

/**
 * Reads `[names of scenarios] [--minutes N] [--rate N] [--folder DIR]`; without a name all but the soak are meant, which takes an hour.
 * @throws RangeError naming the argument that is none of these
 */
export const chooseLoad = (given: readonly string[], known: readonly string[]): LoadChoice => {
  const names: string[] = [];
  let choice: LoadChoice = { names, folder: join(tmpdir(), 'vfleet-load') };
  for (let at = 0; at < given.length; at += 1) {
    const argument = given[at] as string;
    const value = given[at + 1];
    if (argument === '--minutes' || argument === '--rate') choice = { ...choice, [argument.slice(2)]: numberOf(argument, value) };
    else if (argument === '--folder' && value !== undefined) choice = { ...choice, folder: value };
    else if (known.includes(argument)) names.push(argument);
    else throw new RangeError(`there is no ${argument}; there are ${known.join(', ')}, --minutes N, --rate N and --folder DIR`);
    if (argument.startsWith('--')) at += 1;
  }
  return names.length > 0 ? choice : { ...choice, names: known.filter((name) => name !== 'soak') };
};
