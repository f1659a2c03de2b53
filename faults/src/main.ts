import { findNatsServer, PostgresServer } from '@vfleet/embedded';
import { aFolder } from '@vfleet/testing';
import { execFileSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { choose, type Choice, type NamedRow } from './choice.js';
import type { FaultRow } from './fault-row.js';
import { store, type Versions } from './results.js';
import { closeStage, runRow, type RowResult } from './run-row.js';
import { isGood, toSummary, toTable } from './table.js';
import pg from 'pg';

const ROWS = new URL('rows/', import.meta.url);
const WRONG_USE = 64;
/** As a shell says of what a Ctrl-C has ended. */
const STOPPED = 130;

const say = (message: string): void => void process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${message}\n`);

/** Every file of the folder is a row. */
const readRows = async (): Promise<readonly NamedRow[]> => {
  const names = readdirSync(ROWS)
    .filter((file) => /^\d+-[a-z0-9-]+\.js$/.test(file))
    .sort();
  return Promise.all(
    names.map(async (file) => ({ name: file.slice(0, -3), row: ((await import(new URL(file, ROWS).href)) as { row: FaultRow }).row })),
  );
};

const readVersions = async (): Promise<Versions> => {
  const nats = /v([\d.]+)/.exec(execFileSync(await findNatsServer(), ['--version'], { encoding: 'utf8' }))?.[1] ?? 'unknown';
  const postgres = await PostgresServer.start({ dataDir: aFolder('version') });
  const client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
  const { rows } = await client.query<{ server_version: string }>('show server_version');
  await client.end();
  await postgres.stop();
  return { node: process.versions.node, nats, postgres: rows[0]?.server_version ?? 'unknown' };
};

const secondsSince = (began: number): string => `${Math.round((performance.now() - began) / 1_000)} s`;

const runAll = async ({ rows, runs, controlOnly, report }: Choice): Promise<readonly RowResult[]> => {
  const versions = await readVersions();
  const results: RowResult[] = [];
  for (const row of rows) {
    const began = performance.now();
    const result = await runRow(row, { runs, controlOnly, say });
    say(`row ${row.number}, ${row.fault}: ${result.verdict} in ${secondsSince(began)}${result.note === undefined ? '' : `, ${result.note}`}`);
    results.push(result);
    if (!controlOnly && report === undefined) store([result], versions);
  }
  if (report !== undefined) writeFileSync(report, `${JSON.stringify({ rows: results }, null, 2)}\n`);
  return results;
};

const list = (all: readonly FaultRow[]): string =>
  all.map(({ number, fault, promise, quick }) => `${String(number).padStart(2)} ${quick ? 'quick' : '     '}  ${fault}: ${promise}`).join('\n');

const main = async (): Promise<number> => {
  let choice: Choice;
  try {
    choice = choose(process.argv.slice(2), await readRows());
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    process.stderr.write(`vfleet: ${error.message}\n`);
    return WRONG_USE;
  }
  if (choice.list) {
    process.stdout.write(`${list(choice.rows)}\n`);
    return 0;
  }
  const results = await runAll(choice);
  process.stdout.write(`${toTable(results)}\n${toSummary(results)}\n`);
  return isGood(results) ? 0 : 1;
};

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => void closeStage().finally(() => process.exit(STOPPED)));
const code = await main();
// What a row that failed has left behind may ask again and again; whoever waits for this process need not.
process.stdout.write('', () => process.exit(code));
