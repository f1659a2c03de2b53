import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { isKept, toTable, type Figure } from './figure.js';
import type { Scenario } from './scenario.js';

/** What a scenario came to, and under which circumstances. */
export interface LoadResult {
  readonly name: string;
  readonly title: string;
  readonly told: string;
  /** Day, as `2026-11-22`. */
  readonly date: string;
  /** In words. */
  readonly machine: string;
  readonly figures: readonly Figure[];
}

const RESULTS = new URL('../../load-results.json', import.meta.url);
const PAGE = new URL('../../../docs/reference/limits.md', import.meta.url);
/** Programs that want a processor, on average over a minute, before a scenario begins: more than that is somebody else's work. */
const QUIET = 0.5;

/** What the machine is and does before a scenario begins, for whoever reads its figures. */
export const circumstances = (): string => {
  const busy = loadavg()[0] ?? 0;
  const cores = `${cpus().length} cores, servers and load together, Node ${process.versions.node}`;
  return busy > QUIET
    ? `${cores}, beside other programs (load average ${busy.toFixed(1)} before it began: read the milliseconds as too high)`
    : cores;
};

const read = (): readonly LoadResult[] => {
  try {
    return (JSON.parse(readFileSync(RESULTS, 'utf8')) as { results: readonly LoadResult[] }).results;
  } catch {
    return [];
  }
};

const sectionOf = ({ title, told, date, machine, figures }: LoadResult): string => {
  const broken = figures.filter((figure) => isKept(figure) === false).length;
  const verdict = broken === 0 ? 'Everything that is promised was kept' : `${broken} of the promises were not kept`;
  return `## ${title}\n\n${told}\n\n${verdict} on ${date}; ${machine}.\n\n${toTable(figures)}\n`;
};

/** The page between what is written by hand: everything from the first section of a scenario on. */
const BEGIN = '<!-- made by npm run test:load from here on -->\n';

/** Keeps the newest result of a scenario, and writes the page of all of them in the order in which they are listed. */
export const storeLoad = (name: string, { title, told }: Scenario, machine: string, figures: readonly Figure[], order: readonly string[]): void => {
  const date = new Date().toISOString().slice(0, 10);
  const result: LoadResult = { name, title, told: told.replaceAll(/\s+/g, ' '), date, machine, figures };
  const results = [...read().filter((one) => one.name !== name), result].sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
  writeFileSync(RESULTS, `${JSON.stringify({ results }, null, 2)}\n`);
  const page = readFileSync(PAGE, 'utf8');
  const written = page.slice(0, page.indexOf(BEGIN) + BEGIN.length);
  writeFileSync(PAGE, `${written}\n${results.map(sectionOf).join('\n')}`);
};
