import type { FaultRow } from './fault-row.js';

/** What the command line asks for. */
export interface Choice {
  readonly rows: readonly FaultRow[];
  readonly runs: number;
  readonly list: boolean;
  readonly controlOnly: boolean;
  /** Where the results go instead of the stored ones and their page. */
  readonly report?: string;
}

/** A row by its place in the folder: `05-stream-purged`. */
export interface NamedRow {
  readonly name: string;
  readonly row: FaultRow;
}

const MOST_RUNS = 1_000;

interface Taken<T> {
  readonly value: T;
  readonly rest: readonly string[];
}

/** Takes an option and what follows it out of the arguments. */
const take = (args: readonly string[], option: string): Taken<string | undefined> | undefined => {
  const at = args.indexOf(option);
  return at < 0 ? undefined : { value: args[at + 1], rest: args.filter((_, index) => index !== at && index !== at + 1) };
};

const runsOf = (args: readonly string[]): Taken<number> => {
  const taken = take(args, '--runs');
  if (!taken) return { value: 1, rest: args };
  const value = Number(taken.value);
  if (!Number.isInteger(value) || value < 1 || value > MOST_RUNS) throw new RangeError(`--runs takes a whole number from 1 to ${MOST_RUNS}`);
  return { value, rest: taken.rest };
};

const reportOf = (args: readonly string[]): Taken<string | undefined> => {
  const taken = take(args, '--report');
  if (taken && (taken.value === undefined || taken.value.startsWith('-'))) throw new RangeError('--report takes the name of a file');
  return taken ?? { value: undefined, rest: args };
};

const FLAGS = new Set(['--quick', '--list', '--control-only']);

const isNamed = ({ name, row }: NamedRow, wanted: string): boolean =>
  /^\d+$/.test(wanted) ? row.number === Number(wanted) : name === wanted || name.replace(/^\d+-/, '') === wanted;

/**
 * Reads `[numbers or names of rows] [--quick] [--list] [--control-only] [--runs N] [--report FILE]`.
 * @throws RangeError naming the argument that is none of these
 */
export const choose = (given: readonly string[], all: readonly NamedRow[]): Choice => {
  const { value: runs, rest: others } = runsOf(given);
  const { value: report, rest } = reportOf(others);
  const unknownFlag = rest.find((argument) => argument.startsWith('-') && !FLAGS.has(argument));
  if (unknownFlag !== undefined)
    throw new RangeError(`there is no option ${unknownFlag}; there are ${[...FLAGS].join(', ')} --runs N and --report FILE`);
  const wanted = rest.filter((argument) => !FLAGS.has(argument));
  const unknown = wanted.find((one) => !all.some((row) => isNamed(row, one)));
  if (unknown !== undefined) throw new RangeError(`there is no row ${unknown}; there are ${all.map(({ name }) => name).join(', ')}`);
  const named = wanted.length === 0 ? all : all.filter((row) => wanted.some((one) => isNamed(row, one)));
  const rows = named.map(({ row }) => row).filter(({ quick }) => quick || !rest.includes('--quick'));
  return { rows, runs, list: rest.includes('--list'), controlOnly: rest.includes('--control-only'), ...(report !== undefined && { report }) };
};
