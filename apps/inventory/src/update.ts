import { openPool, ownsSchema, type ProjectorOptions } from '@vfleet/journal';
import type pg from 'pg';
import { migrateInventory, pendingIn, unknownIn } from './migrations/migrate.js';
import { SCHEMA } from './read-model/inventory.projection.js';
import { rebuildInventory } from './read-model/rebuild.js';

/**
 * Brings the tables up to the version that runs. Where there are rows, tables that are made differently are made beside
 * them, filled from the journal, and put in their place: whoever reads meanwhile, an inventory of the version before
 * above all, reads the old ones until then.
 * @throws SchemaTooNew, SchemaTooOld
 */
export const updateInventory = async (url: string, log: ProjectorOptions['log']): Promise<void> => {
  const pool = openPool({ url, name: 'vfleet-inventory-update', max: 1 });
  try {
    const pending = await outdated(pool);
    if (pending.length > 0) {
      log('info', 'tables are made anew beside those that are read', { pending });
      const rebuilt = await rebuildInventory({ url, log, isWanted: async (beside) => (await outdated(beside)).length > 0 });
      if (rebuilt) log('info', 'new tables are in their place', { ...rebuilt });
    }
  } finally {
    await pool.end();
  }
  await migrateInventory(url);
};

/** What tables with rows lack, where whoever has logged in may change that; nothing where another version is to blame. */
const outdated = async (pool: pg.Pool): Promise<readonly string[]> => {
  const client = await pool.connect();
  try {
    const { rows } = await client.query(
      `select from pg_tables, journal.checkpoints where schemaname = $1 and tablename = 'migrations' and name = $1 and position > 0`,
      [SCHEMA],
    );
    if (rows.length === 0 || !(await ownsSchema(client, SCHEMA)) || (await unknownIn(client, SCHEMA)).length > 0) return [];
    return await pendingIn(client, SCHEMA);
  } finally {
    client.release();
  }
};
