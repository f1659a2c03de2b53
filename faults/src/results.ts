import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import type { RowResult } from './run-row.js';
import { toTable } from './table.js';

/** A row's newest result, and what it was made with. */
export interface StoredResult extends RowResult {
  /** Day, as `2026-11-22`. */
  readonly date: string;
  readonly versions: Versions;
}

/** Versions of what the promise was shown on. */
export interface Versions {
  readonly node: string;
  readonly nats: string;
  readonly postgres: string;
}

const RESULTS = new URL('../results.json', import.meta.url);
const PAGE = new URL('../../docs/reference/faults.md', import.meta.url);

const read = (file: URL): readonly StoredResult[] => {
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as { rows: readonly StoredResult[] }).rows;
  } catch {
    return [];
  }
};

/** Newer results take the place of those of the same row; a row that was skipped leaves what is known of it. */
export const merge = (earlier: readonly StoredResult[], newer: readonly StoredResult[]): readonly StoredResult[] => {
  const known = new Set(earlier.map(({ number }) => number));
  const replacing = newer.filter(({ number, verdict }) => verdict !== 'skipped' || !known.has(number));
  const replaced = new Set(replacing.map(({ number }) => number));
  return [...earlier.filter(({ number }) => !replaced.has(number)), ...replacing].sort((a, b) => a.number - b.number);
};

const span = (values: readonly string[]): string => [...new Set(values)].sort().join(', ');

/** The page of all results. */
export const toPage = (rows: readonly StoredResult[], machine: string): string => {
  const versions = rows.map((row) => row.versions);
  return `# Faults, and what was kept under each

Made by \`npm run test:faults\`, which strikes real servers and real services under load and lets a reader that shares no code
with the journal judge what is left. Each row is run once more with its guard taken out, or with a real loss for the reader to
find: where that control finds nothing, the row fails. [What is promised when](../explanation/consistency.md) says why.

Last run ${span(rows.map(({ date }) => date))}, on ${machine}, Node ${span(versions.map(({ node }) => node))}, nats-server ${span(
    versions.map(({ nats }) => nats),
  )}, PostgreSQL ${span(versions.map(({ postgres }) => postgres))}.

${toTable(rows)}
`;
};

/** Keeps the results in \`results.json\`, and writes the page of all of them. */
export const store = (results: readonly RowResult[], versions: Versions): void => {
  const date = new Date().toISOString().slice(0, 10);
  const rows = merge(
    read(RESULTS),
    results.map((result) => ({ ...result, date, versions })),
  );
  const machine = `${cpus().length} cores shared by servers, services and load`;
  writeFileSync(RESULTS, `${JSON.stringify({ rows }, null, 2)}\n`);
  writeFileSync(PAGE, toPage(rows, machine));
};
