import { aligned, type Cell } from './aligned.js';
import { csvLine } from './csv.js';
import type { Paint } from './paint.js';
import { orNothing, safeText, type Value } from './text.js';
import { jsonText, yamlText } from './structured.js';

export const FORMATS = ['table', 'wide', 'json', 'yaml', 'csv', 'name'] as const;
export type Format = (typeof FORMATS)[number];

/** One column: its head, and what stands in it for an item. */
export interface Column<Item> {
  readonly head: string;
  readonly of: (item: Item) => Value;
  readonly tone?: (item: Item) => keyof Paint | undefined;
  /** Too much for `table`; `wide` and `csv` have it. */
  readonly wide?: true;
}

export type Line = readonly [label: string, text: string];

/** Things of one kind, as every format needs them. */
export interface Kind<Item> {
  readonly columns: readonly Column<Item>[];
  /** What `-o name` prints, and what other commands take. */
  readonly name: (item: Item) => string;
  /** One of them by itself, for people; without it each column is a line. */
  readonly lines?: (item: Item, paint: Paint) => readonly Line[];
}

/** What a command shows, whatever the format. */
export interface View {
  /** For programs: `json` and `yaml`. */
  readonly value: unknown;
  /** For people. */
  readonly table: (paint: Paint, isWide: boolean) => string;
  readonly csv: () => string;
  readonly names: () => readonly string[];
  /** Said beside it, not part of it. */
  readonly note?: string;
  /** With what the command ends once this was shown. */
  readonly ends?: Error | undefined;
}

export const listView = <Item>(kind: Kind<Item>, items: readonly Item[], empty: string): View => ({
  value: items,
  table: (paint, isWide) => (items.length === 0 ? `${empty}\n` : tableOf(kind, items, paint, isWide)),
  csv: () => csvLine(kind.columns.map(({ head }) => head)) + items.map((item) => csvRow(kind, item)).join(''),
  names: () => items.map(kind.name),
});

export const recordView = <Item>(kind: Kind<Item>, item: Item): View => ({
  ...listView(kind, [item], ''),
  value: item,
  table: (paint) => linesTable(kind.lines?.(item, paint) ?? columnLines(kind, item, paint), paint),
});

export const render = (view: View, format: Format, paint: Paint): string => {
  switch (format) {
    case 'table':
      return view.table(paint, false);
    case 'wide':
      return view.table(paint, true);
    case 'json':
      return jsonText(view.value);
    case 'yaml':
      return yamlText(view.value);
    case 'csv':
      return view.csv();
    case 'name':
      return view
        .names()
        .map((name) => `${safeText(name)}\n`)
        .join('');
  }
};

/** One thing after the other, as they come: lines for people, lines of JSON, YAML documents, CSV with one head. */
export const renderStream = <Item>(kind: Kind<Item>, line: (item: Item, paint: Paint) => string, format: Format, paint: Paint) => {
  let head = format === 'csv' ? csvLine(kind.columns.map(({ head: text }) => text)) : '';
  return (item: Item): string => {
    if (format === 'table' || format === 'wide') return line(item, paint);
    if (format === 'json') return jsonText(item, 0);
    if (format === 'yaml') return `---\n${yamlText(item)}`;
    if (format === 'name') return `${safeText(kind.name(item))}\n`;
    const text = head + csvRow(kind, item);
    head = '';
    return text;
  };
};

const csvRow = <Item>({ columns }: Kind<Item>, item: Item): string => csvLine(columns.map(({ of }) => of(item)));

const toCell = <Item>({ of, tone }: Column<Item>, item: Item, paint: Paint): Cell => {
  const text = orNothing(of(item));
  const style = tone?.(item);
  return style ? { text, paint: paint[style] } : { text };
};

const tableOf = <Item>({ columns }: Kind<Item>, items: readonly Item[], paint: Paint, isWide: boolean): string => {
  const shown = columns.filter(({ wide }) => isWide || !wide);
  const head = shown.map((column) => ({ text: column.head, paint: paint.bold }));
  return aligned([head, ...items.map((item) => shown.map((column) => toCell(column, item, paint)))]);
};

const columnLines = <Item>({ columns }: Kind<Item>, item: Item, paint: Paint): readonly Line[] =>
  columns.map((column) => {
    const { text, paint: style } = toCell(column, item, paint);
    return [column.head.toLowerCase(), style ? style(text) : text];
  });

/** A label and a text a line; the text may be painted already. */
export const linesTable = (lines: readonly Line[], paint: Paint): string =>
  aligned(lines.map(([label, text]) => [{ text: label, paint: paint.bold }, { text }]));
