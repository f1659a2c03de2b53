import stringWidth from 'string-width';

/** What stands in a row, and how it is painted once its width is known. */
export interface Cell {
  readonly text: string;
  readonly paint?: (text: string) => string;
}

const GAP = '  ';
const IS_PLAIN = /^[\u0020-\u007e]*$/;
/** Columns on a screen; most text is ASCII, for which nothing has to be looked up. */
const widthOf = (text: string): number => (IS_PLAIN.test(text) ? text.length : stringWidth(text));

/** Columns two blanks apart, no borders, nothing behind the last: lines that `grep` and `awk` like. */
export const aligned = (rows: readonly (readonly Cell[])[]): string => {
  const widths: number[] = [];
  for (const row of rows) for (const [column, { text }] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, widthOf(text));
  return rows.map((row) => `${rowText(row, widths)}\n`).join('');
};

const rowText = (row: readonly Cell[], widths: readonly number[]): string =>
  row
    .map(({ text, paint = String }, column) => {
      const blanks = column === row.length - 1 ? 0 : (widths[column] ?? 0) - widthOf(text);
      return paint(text) + ' '.repeat(blanks);
    })
    .join(GAP)
    .trimEnd();
