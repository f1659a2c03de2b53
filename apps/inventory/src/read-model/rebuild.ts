import { Journal, Projector, openPool, type ProjectorOptions } from '@vfleet/journal';
import type pg from 'pg';
import { MAX_BATCH, SCHEMA, inventoryProjection } from './inventory.projection.js';
import { migrateInventory } from '../migrations/migrate.js';
import { swapSchemas } from './swap.js';

/** The schema, and the checkpoint, of a rebuild that is going on. */
export const REBUILT = `${SCHEMA}_rebuilt`;
const FOR_EVER_MS = 2_147_483_647;
/** How far the rebuilt one may be behind when projecting is made to stand still: fractions of a second. */
const CLOSE = 500;

export interface Rebuilt {
  readonly events: number;
  readonly seconds: number;
}

export interface RebuildOptions {
  readonly url: string;
  readonly log: ProjectorOptions['log'];
  /** Asked once no other rebuild is going on; it is always wanted where nobody says. */
  readonly isWanted?: (pool: pg.Pool) => Promise<boolean>;
}

/**
 * Builds the read model from nothing beside the live one, then puts it in its place in one step. Reads and the live
 * projector go on meanwhile, and reads in that step as well. One rebuild at a time: the next stands in line.
 */
export const rebuildInventory = async ({ url, log, isWanted }: RebuildOptions): Promise<Rebuilt | undefined> => {
  const pool = openPool({ url, name: 'vfleet-inventory-rebuild', max: 6 });
  const turn = await pool.connect();
  try {
    await turn.query('select pg_advisory_lock(hashtext($1))', [REBUILD_LOCK]);
    if (isWanted && !(await isWanted(pool))) return undefined;
    await dropBeside(pool);
    await migrateInventory(url, REBUILT);
    return await build(pool, log);
  } finally {
    // Closing the connection gives the turn to the next.
    turn.release(true);
    await pool.end();
  }
};

/** Held as long as a rebuild goes on. */
export const REBUILD_LOCK = `rebuild ${SCHEMA}`;

const build = async (pool: pg.Pool, log: ProjectorOptions['log']): Promise<Rebuilt> => {
  const projector = new Projector({ pool, projection: inventoryProjection(REBUILT), log, maxBatch: MAX_BATCH });
  const begun = performance.now();
  await projector.start();
  try {
    const events = await comeClose(new Journal(pool), projector);
    const seconds = (performance.now() - begun) / 1_000;
    const catchUp = async (position: number): Promise<void> => {
      await projector.caughtUpTo(position, FOR_EVER_MS);
      await projector.stop();
    };
    await swapSchemas(pool, { live: SCHEMA, rebuilt: REBUILT, catchUp });
    return { events, seconds };
  } finally {
    await projector.stop();
  }
};

/** The journal grows meanwhile: what has come since is gone after as well, until little is left. Answers how far that is. */
const comeClose = async (journal: Journal, projector: Projector): Promise<number> => {
  let head = await journal.head();
  do {
    await projector.caughtUpTo(head, FOR_EVER_MS);
    head = await journal.head();
  } while (head - projector.position > CLOSE);
  return projector.position;
};

/** What an earlier rebuild that did not come to its end has left. */
const dropBeside = async (pool: pg.Pool): Promise<void> => {
  await pool.query(`drop schema if exists ${REBUILT} cascade`);
  await pool.query('delete from journal.checkpoints where name = $1', [REBUILT]);
};
