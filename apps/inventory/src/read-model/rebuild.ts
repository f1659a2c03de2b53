import { Journal, Projector, inTransaction, openPool, type ProjectorOptions } from '@vfleet/journal';
import type pg from 'pg';
import { MAX_BATCH, SCHEMA, inventoryProjection } from './inventory.projection.js';
import { migrateInventory } from '../migrations/migrate.js';

/** The schema, and the checkpoint, of a rebuild that is going on. */
export const REBUILT = `${SCHEMA}_rebuilt`;
const FOR_EVER_MS = 2_147_483_647;

export interface Rebuilt {
  readonly events: number;
  readonly seconds: number;
}

/**
 * Builds the read model from nothing beside the live one, then puts it in its place in one step. Reads and the live
 * projector go on meanwhile; they stand still for the moment of the change.
 */
export const rebuildInventory = async (url: string, log: ProjectorOptions['log']): Promise<Rebuilt> => {
  const pool = openPool({ url, name: 'vfleet-inventory-rebuild', max: 6 });
  try {
    await dropBeside(pool);
    await migrateInventory(url, REBUILT);
    const projector = new Projector({ pool, projection: inventoryProjection(REBUILT), log, maxBatch: MAX_BATCH });
    const head = await new Journal(pool).head();
    const begun = performance.now();
    await projector.start();
    try {
      await projector.caughtUpTo(head, FOR_EVER_MS);
      const seconds = (performance.now() - begun) / 1_000;
      await swap(pool, projector);
      return { events: head, seconds };
    } finally {
      await projector.stop();
    }
  } finally {
    await pool.end();
  }
};

/** What an earlier rebuild that did not come to its end has left. */
const dropBeside = async (pool: pg.Pool): Promise<void> => {
  await pool.query(`drop schema if exists ${REBUILT} cascade`);
  await pool.query('delete from journal.checkpoints where name = $1', [REBUILT]);
};

/** The live checkpoint is locked first, so that nothing is projected into the old tables any more, and caught up with. */
const swap = async (pool: pg.Pool, projector: Projector): Promise<void> => {
  const client = await pool.connect();
  try {
    await inTransaction(client, async () => {
      const { rows } = await client.query<{ position: string }>('select position from journal.checkpoints where name = $1 for update', [SCHEMA]);
      await projector.caughtUpTo(Number(rows[0]?.position ?? 0), FOR_EVER_MS);
      await projector.stop();
      await client.query(`drop schema if exists ${SCHEMA} cascade`);
      await client.query(`alter schema ${REBUILT} rename to ${SCHEMA}`);
      await client.query(
        `with rebuilt as (delete from journal.checkpoints where name = $2 returning position)
         insert into journal.checkpoints (name, position) select $1, position from rebuilt
         on conflict (name) do update set position = excluded.position, updated_at = now()`,
        [SCHEMA, REBUILT],
      );
    });
  } finally {
    client.release();
  }
};
