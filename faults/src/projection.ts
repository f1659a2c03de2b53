import { until } from '@vfleet/testing';
import type { Findings } from './findings.js';
import { headOf } from './read-log.js';
import type { KeptService, Stage } from './stage.js';

const SCHEMA = 'inventory';
const WAIT_MS = 120_000;

/** Position of the newest event that the projection's rows hold. */
export const checkpointOf = async ({ database }: Stage): Promise<number> => {
  const { rows } = await database.query<{ position: string }>('select position from journal.checkpoints where name = $1', [SCHEMA]);
  return Number(rows[0]?.position);
};

/** Resolves when the projection's checkpoint is the journal's head. */
export const projected = (stage: Stage): Promise<true> =>
  until('the projection to be complete', async () => (await checkpointOf(stage)) === (await headOf(stage.database)), WAIT_MS);

const tables = async ({ database }: Stage): Promise<readonly string[]> => {
  const { rows } = await database.query<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname = $1 and tablename not like '%migrations%' order by 1`,
    [SCHEMA],
  );
  return rows.map(({ name }) => name);
};

/** A digest of all rows for each table of the projection. */
const digests = async (stage: Stage): Promise<ReadonlyMap<string, string>> => {
  const found = new Map<string, string>();
  for (const table of await tables(stage)) {
    const { rows } = await stage.database.query<{ digest: string | null }>(
      `select md5(string_agg(r::text, chr(10) order by r::text)) as digest from ${table} r`,
    );
    found.set(table, rows[0]?.digest ?? 'empty');
  }
  return found;
};

/** Builds the projection anew from the journal, and says which tables were not what that comes to. Ends the inventory; `root` is that of its build. */
export const compareWithReplay = async (stage: Stage, inventory: KeptService, root?: string): Promise<Findings> => {
  const live = await digests(stage);
  await inventory.stop();
  await stage.database.query(`truncate ${[...live.keys()].join(', ')}`);
  await stage.database.query('delete from journal.checkpoints where name = $1', [SCHEMA]);
  await stage.keepRunning('inventory', {}, root);
  await projected(stage);
  const replayed = await digests(stage);
  const differing = [...live.keys()].filter((table) => live.get(table) !== replayed.get(table));
  return { lost: differing.map((table) => `${table} is not what a replay comes to`), doubled: [], misplaced: [] };
};
