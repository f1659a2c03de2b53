import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';

/** One figure, beside what it is measured against in the same run: machines are shared and noisy, ratios are not. */
export interface Measurement {
  readonly section: string;
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  readonly against?: { readonly what: string; readonly value: number };
  /** What it should be: the ratio where there is something to measure against, unless the value itself is meant. */
  readonly aim?: { readonly at: 'least' | 'most'; readonly figure: number; readonly of?: 'value' };
}

export const ratioOf = ({ value, against }: Measurement): number | undefined => (against ? value / against.value : undefined);

/** Whether the aim is met; undefined where there is none. */
export const isMet = (measurement: Measurement): boolean | undefined => {
  const { aim, value } = measurement;
  if (!aim) return undefined;
  const figure = aim.of === 'value' ? value : (ratioOf(measurement) ?? value);
  return aim.at === 'least' ? figure >= aim.figure : figure <= aim.figure;
};

const round = (figure: number): string => (figure >= 100 ? Math.round(figure).toLocaleString('en') : figure.toFixed(figure < 10 ? 2 : 1));

const cells = (measurement: Measurement): readonly string[] => {
  const { section, what, value, unit, against, aim } = measurement;
  const ratio = ratioOf(measurement);
  const met = isMet(measurement);
  return [
    section,
    what,
    `${round(value)} ${unit}`,
    against ? `${against.what}: ${round(against.value)}` : '',
    ratio === undefined ? '' : ratio.toFixed(2),
    aim ? `${aim.at === 'least' ? '≥' : '≤'} ${aim.figure}${aim.of === 'value' ? ` ${unit}` : ''}` : '',
    met === undefined ? '' : met ? 'met' : 'missed',
  ];
};

const HEAD = ['section', 'what', 'figure', 'against', 'ratio', 'aim', ''];

/** The figures as a Markdown table, which a terminal shows as well. */
export const toTable = (measurements: readonly Measurement[]): string => {
  const rows = [HEAD, ...measurements.map(cells)];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  const line = (row: readonly string[]): string => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [line(HEAD), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...rows.slice(1).map(line)].join('\n');
};

/** Keeps the newest figures of each section in `results.json` and, to be read, in `RESULTS.md`. */
export const store = (measurements: readonly Measurement[], folder: URL): void => {
  const file = new URL('results.json', folder);
  const earlier = readResults(file).filter(({ section }) => !measurements.some((one) => one.section === section));
  const all = [...earlier, ...measurements];
  writeFileSync(file, `${JSON.stringify({ machine: machine(), measurements: all }, null, 2)}\n`);
  writeFileSync(
    new URL('RESULTS.md', folder),
    `# Last results\n\n${machine()}. Made by \`npm run bench\`; see README.md for what is measured.\n\n${toTable(all)}\n`,
  );
};

const readResults = (file: URL): readonly Measurement[] => {
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as { measurements: readonly Measurement[] }).measurements;
  } catch {
    return [];
  }
};

const machine = (): string =>
  `${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), Node ${process.version}, clients and servers on the same machine`;

/** The value below which a share of the samples lies; `share` from 0 to 1. */
export const percentile = (samples: readonly number[], share: number): number => {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
};
