import { inTransaction } from '@vfleet/journal';
import type pg from 'pg';

/** What is put in whose place: schemas, whose names are those of their checkpoints. */
export interface Swap {
  readonly live: string;
  readonly rebuilt: string;
  /** Called while nothing is projected into the live one any more: has the rebuilt one brought up to a position, and kept there. */
  readonly catchUp: (position: number) => Promise<void>;
}

/**
 * Puts a rebuilt schema in the place of the live one. Both are only renamed, which waits for no reader and lets none wait: a
 * question that has begun is answered from the old tables, the next one from the new. Projecting stands still meanwhile.
 */
export const swapSchemas = async (pool: pg.Pool, swap: Swap): Promise<void> => {
  const { live, rebuilt } = swap;
  const client = await pool.connect();
  try {
    await client.query(`drop schema if exists ${replacedBy(rebuilt)} cascade`);
    await inTransaction(client, async () => {
      const { rows } = await client.query<{ position: string }>('select position from journal.checkpoints where name = $1 for update', [live]);
      await swap.catchUp(Number(rows[0]?.position ?? 0));
      if (await isThere(client, live)) {
        await carryGrants(client, swap);
        await client.query(`alter schema ${live} rename to ${replacedBy(rebuilt)}`);
      }
      await client.query(`alter schema ${rebuilt} rename to ${live}`);
      await client.query(
        `with rebuilt as (delete from journal.checkpoints where name = $2 returning position)
         insert into journal.checkpoints (name, position) select $1, position from rebuilt
         on conflict (name) do update set position = excluded.position, updated_at = now()`,
        [live, rebuilt],
      );
    });
    await dropReplaced(client, replacedBy(rebuilt));
  } finally {
    client.release();
  }
};

const replacedBy = (rebuilt: string): string => `${rebuilt}_replaced`;

const isThere = async (client: pg.ClientBase, schema: string): Promise<boolean> => {
  const { rows } = await client.query<{ there: boolean }>('select to_regnamespace($1) is not null as there', [schema]);
  return rows[0]?.there ?? false;
};

/** Whoever may see and write a table may do so in the one that takes its place; one that is new is for whoever may use devices. */
const GRANTS = `
select format('grant %s on schema %I to %s', privilege_type, $2::text, case grantee when 0 then 'public' else grantee::regrole::text end) as granting
from pg_namespace cross join lateral aclexplode(nspacl) where nspname = $1
union all
select format('grant %s on %I.%I to %s', privilege_type, $2::text, fresh.relname, case grantee when 0 then 'public' else grantee::regrole::text end)
from pg_class fresh
left join pg_class same on same.relnamespace = to_regnamespace($1) and same.relname = fresh.relname and same.relkind = fresh.relkind
left join pg_class alike on alike.relnamespace = to_regnamespace($1) and alike.relname = 'devices' and fresh.relkind = 'r' and same.oid is null
cross join lateral aclexplode(coalesce(same.relacl, alike.relacl))
where fresh.relnamespace = to_regnamespace($2) and fresh.relkind in ('r', 'v')`;

const carryGrants = async (client: pg.ClientBase, { live, rebuilt }: Swap): Promise<void> => {
  const { rows } = await client.query<{ granting: string }>(GRANTS, [live, rebuilt]);
  for (const { granting } of rows) await client.query(granting);
};

/** Below PostgreSQL's `deadlock_timeout`, one second: a reader is never the one that has to give way. */
const DROP_WAITS = '200ms';
const DROP_TRIES = 25;

/** Waits for those who still read the old tables, a little at a time. What is left lying then goes with the next rebuild. */
const dropReplaced = async (client: pg.ClientBase, schema: string): Promise<void> => {
  for (let tries = 0; tries < DROP_TRIES; tries += 1) {
    try {
      await inTransaction(client, async () => {
        await client.query(`set local lock_timeout = '${DROP_WAITS}'`);
        await client.query(`drop schema if exists ${schema} cascade`);
      });
      return;
    } catch (error) {
      if ((error as { readonly code?: string }).code !== LOCK_NOT_AVAILABLE) throw error;
    }
  }
};
const LOCK_NOT_AVAILABLE = '55P03';
