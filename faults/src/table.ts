import type { RowResult } from './run-row.js';

const HEAD = ['row', 'fault', 'promise', 'result', 'runs', 'acknowledged', 'lost', 'doubled', 'time to heal', 'control found', 'note'];
const LONGEST_NOTE = 160;

const seconds = (milliseconds: number | undefined): string => (milliseconds === undefined ? '' : `${(milliseconds / 1_000).toFixed(1)} s`);

const foundBy = ({ control }: RowResult): string => {
  if (!control) return '';
  if (control.kept) return 'nothing';
  const counts = [control.lost > 0 ? `${control.lost} lost` : '', control.doubled > 0 ? `${control.doubled} doubled` : ''].filter(Boolean);
  return counts.join(', ') || (control.note ?? 'the promise broken');
};

const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ').replaceAll('|', '/').slice(0, LONGEST_NOTE);

const figure = ({ runs }: RowResult, value: number): string => (runs === 0 ? '' : value.toLocaleString('en'));

const cells = (result: RowResult): readonly string[] =>
  [
    String(result.number),
    result.fault,
    result.promise,
    result.verdict,
    String(result.runs),
    figure(result, result.acknowledged),
    figure(result, result.lost),
    figure(result, result.doubled),
    seconds(result.healMs),
    foundBy(result),
    result.note ?? '',
  ].map(oneLine);

/** Results as a Markdown table, which a terminal shows as well; in the order of the rows' numbers. */
export const toTable = (results: readonly RowResult[]): string => {
  const ordered = [...results].sort((a, b) => a.number - b.number);
  const rows = [HEAD, ...ordered.map(cells)];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  const line = (row: readonly string[]): string => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [line(HEAD), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...rows.slice(1).map(line)].join('\n');
};

/** One line for the end: how many rows kept their promise, and which did not. */
export const toSummary = (results: readonly RowResult[]): string => {
  const of = (verdict: RowResult['verdict']): readonly RowResult[] => results.filter((result) => result.verdict === verdict);
  const named = (['broken', 'control did not fail', 'failed', 'skipped'] as const)
    .filter((verdict) => of(verdict).length > 0)
    .map(
      (verdict) =>
        `${of(verdict).length} ${verdict} (${of(verdict)
          .map(({ number }) => number)
          .join(', ')})`,
    );
  return `faults: ${[`${of('kept').length} kept`, ...named].join(', ')}`;
};

/** Skipped rows neither pass nor fail; everything else but a kept promise fails the run. */
export const isGood = (results: readonly RowResult[]): boolean => results.every(({ verdict }) => verdict === 'kept' || verdict === 'skipped');
