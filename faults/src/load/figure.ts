/** One figure of a scenario, beside the same of the undisturbed system in the same run: machines are shared and noisy, ratios are less so. */
export interface Figure {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  readonly undisturbed?: number;
  /** What is promised: the ratio at most, where there is something undisturbed, else the value at most. */
  readonly most?: number;
  /** What is promised at least, of the value. */
  readonly least?: number;
  readonly note?: string;
}

/** Something undisturbed that is less than this, in the figure's unit, counts as much: a ratio to nearly nothing says nothing. */
const SMALLEST = 1;

export const ratioOf = ({ value, undisturbed }: Figure): number | undefined =>
  undisturbed === undefined ? undefined : value / Math.max(SMALLEST, undisturbed);

/** Whether what is promised of a figure is kept; undefined where nothing is. */
export const isKept = (figure: Figure): boolean | undefined => {
  const { value, most, least } = figure;
  if (most === undefined && least === undefined) return undefined;
  return (most === undefined || (ratioOf(figure) ?? value) <= most) && (least === undefined || value >= least);
};

const rounded = (value: number): string => (Math.abs(value) >= 100 ? Math.round(value).toLocaleString('en') : String(Math.round(value * 10) / 10));

const promiseOf = ({ most, least, unit, undisturbed }: Figure): string =>
  [
    most === undefined ? '' : undisturbed === undefined ? `≤ ${rounded(most)} ${unit}` : `≤ ${most} times`,
    least === undefined ? '' : `≥ ${rounded(least)} ${unit}`,
  ]
    .filter(Boolean)
    .join(', ');

const HEAD = ['figure', 'value', 'undisturbed', 'ratio', 'promised', 'kept', 'note'];

const cells = (figure: Figure): readonly string[] => {
  const { what, value, unit, undisturbed, note = '' } = figure;
  const kept = isKept(figure);
  return [
    what,
    `${rounded(value)} ${unit}`,
    undisturbed === undefined ? '' : `${rounded(undisturbed)} ${unit}`,
    ratioOf(figure)?.toFixed(1) ?? '',
    promiseOf(figure),
    kept === undefined ? '' : kept ? 'yes' : 'NO',
    note,
  ];
};

/** Figures as a Markdown table, which a terminal shows as well. */
export const toTable = (figures: readonly Figure[]): string => {
  const rows = [HEAD, ...figures.map(cells)];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  const line = (row: readonly string[]): string => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [line(HEAD), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...rows.slice(1).map(line)].join('\n');
};
