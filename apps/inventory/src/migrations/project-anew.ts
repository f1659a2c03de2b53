import type { QueryRunner } from 'typeorm';
import { schemaOf } from './schema-of.js';

/**
 * Has everything projected anew where the checkpoint is past an event of these types, which the version before has passed
 * over or not shown: what such events change cannot be filled in beside the rest. Without types, wherever it is past any event.
 */
export const projectAnew = async (runner: QueryRunner, tables: readonly string[], types: readonly string[] | null = null): Promise<void> => {
  const schema = schemaOf(runner);
  const [journal] = (await runner.query(`select to_regclass('journal.events') is not null as there`)) as { readonly there: boolean }[];
  if (!journal?.there) return;
  const [past] = (await runner.query(
    `with projected as (select position from journal.checkpoints where name = $1 for update)
     select from journal.events event, projected where event.position <= projected.position and ($2::text[] is null or event.type = any($2)) limit 1`,
    [schema, types],
  )) as object[];
  if (!past) return;
  await runner.query(`truncate ${tables.map((table) => `${schema}.${table}`).join(', ')}`);
  await runner.query('update journal.checkpoints set position = 0 where name = $1', [schema]);
};
