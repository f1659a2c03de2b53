import Table from 'cli-table3';
import { stringify } from 'yaml';
import type { Paint } from './paint.js';

export const FORMATS = ['table', 'json', 'yaml'] as const;
export type Format = (typeof FORMATS)[number];

/** One column of a table: its head, and what stands in it for an item. */
export interface Column<Item> {
  readonly head: string;
  readonly cell: (item: Item, paint: Paint) => string;
}

/** A list, with what to say when it is empty. */
export interface ListView<Item> {
  readonly items: readonly Item[];
  readonly columns: readonly Column<Item>[];
  readonly empty: string;
}

/** One thing: what it is for programs, and lines of label and text for people. */
export interface RecordView {
  readonly value: unknown;
  readonly lines: (paint: Paint) => readonly (readonly [label: string, text: string])[];
}

export const renderList = <Item>({ items, columns, empty }: ListView<Item>, format: Format, paint: Paint): string => {
  if (format !== 'table') return renderValue(items, format);
  if (items.length === 0) return `${empty}\n`;
  const rows = items.map((item) => columns.map(({ cell }) => cell(item, paint)));
  return renderRows([columns.map(({ head }) => paint.bold(head)), ...rows]);
};

export const renderRecord = ({ value, lines }: RecordView, format: Format, paint: Paint): string =>
  format === 'table' ? renderRows(lines(paint).map(([label, text]) => [paint.bold(label), text])) : renderValue(value, format);

const renderValue = (value: unknown, format: 'json' | 'yaml'): string =>
  format === 'json' ? `${JSON.stringify(value, null, 2)}\n` : stringify(value, { lineWidth: 0 });

const BORDERS = ['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right'];
const RULES = ['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid'];
const NO_BORDERS = Object.fromEntries([...BORDERS, ...RULES].map((name) => [name, '']));

/** Columns two blanks apart, no borders: lines that `grep` and `awk` like. */
const renderRows = (rows: readonly (readonly string[])[]): string => {
  const table = new Table({ chars: { ...NO_BORDERS, middle: '  ' }, style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 } });
  table.push(...rows.map((row) => [...row]));
  const lines = table.toString().split('\n');
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
};
