import type { FaultRow } from './fault-row.js';

/** What the command line asks for. */
export interface Choice {
  readonly rows: readonly FaultRow[];
  readonly runs: number;
  readonly list: boolean;
  readonly controlOnly: boolean;
}

/** A row by its place in the folder: `05-stream-purged`. */
export interface NamedRow {
  readonly name: string;
  readonly row: FaultRow;
}

const MOST_RUNS = 1_000;

const runsOf = (args: readonly string[]): { readonly runs: number; readonly rest: readonly string[] } => {
  const at = args.indexOf('--runs');
  if (at < 0) return { runs: 1, rest: args };
  const runs = Number(args[at + 1]);
  if (!Number.isInteger(runs) || runs < 1 || runs > MOST_RUNS) throw new RangeError(`--runs takes a whole number from 1 to ${MOST_RUNS}`);
  return { runs, rest: args.filter((_, index) => index !== at && index !== at + 1) };
};

const FLAGS = new Set(['--quick', '--list', '--control-only']);

const isNamed = ({ name, row }: NamedRow, wanted: string): boolean =>
  /^\d+$/.test(wanted) ? row.number === Number(wanted) : name === wanted || name.replace(/^\d+-/, '') === wanted;

/**
 * Reads `[numbers or names of rows] [--quick] [--list] [--control-only] [--runs N]`.
 * @throws RangeError naming the argument that is none of these
 */
export const choose = (given: readonly string[], all: readonly NamedRow[]): Choice => {
  const { runs, rest } = runsOf(given);
  const unknownFlag = rest.find((argument) => argument.startsWith('-') && !FLAGS.has(argument));
  if (unknownFlag !== undefined) throw new RangeError(`there is no option ${unknownFlag}; there are ${[...FLAGS].join(', ')} and --runs N`);
  const wanted = rest.filter((argument) => !FLAGS.has(argument));
  const unknown = wanted.find((one) => !all.some((row) => isNamed(row, one)));
  if (unknown !== undefined) throw new RangeError(`there is no row ${unknown}; there are ${all.map(({ name }) => name).join(', ')}`);
  const named = wanted.length === 0 ? all : all.filter((row) => wanted.some((one) => isNamed(row, one)));
  const rows = named.map(({ row }) => row).filter(({ quick }) => quick || !rest.includes('--quick'));
  return { rows, runs, list: rest.includes('--list'), controlOnly: rest.includes('--control-only') };
};
