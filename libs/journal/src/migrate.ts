import type pg from 'pg';

/** One step of a schema, applied once and never changed afterwards. */
export interface Migration {
  /** Sorts in the order of application: `0001-journal`. */
  readonly id: string;
  readonly sql: string;
}

/** The database was migrated by a newer version; this one does not know what it would break. */
export class SchemaTooNew extends Error {
  override readonly name = 'SchemaTooNew';
}

/** The tables are older than this version, and whoever has logged in may not change them. */
export class SchemaTooOld extends Error {
  override readonly name = 'SchemaTooOld';
}

/**
 * Brings a schema up to date. Any number of processes may call it at once: they stand in line behind a lock, and
 * each migration is one transaction with its own mark. Who does not own the schema only looks whether it is up to date.
 * @throws SchemaTooNew when the schema holds migrations that this version does not know; SchemaTooOld
 */
export const migrate = async (pool: pg.Pool, schema: string, migrations: readonly Migration[]): Promise<readonly string[]> => {
  const client = await pool.connect();
  try {
    await client.query('select pg_advisory_lock(hashtext($1))', [`migrate ${schema}`]);
    const isOurs = await ownsSchema(client, schema);
    const table = `${client.escapeIdentifier(schema)}.migrations`;
    if (isOurs) await client.query(`create schema if not exists ${client.escapeIdentifier(schema)}`);
    if (isOurs) await client.query(`create table if not exists ${table} (id text primary key, applied_at timestamptz not null default now())`);
    const { rows } = await client.query<{ id: string }>(`select id from ${table}`);
    const applied = new Set(rows.map(({ id }) => id));
    const unknown = [...applied].filter((id) => !migrations.some((migration) => migration.id === id));
    if (unknown.length > 0) throw new SchemaTooNew(`schema ${schema} was migrated by a newer version (${unknown.join(', ')}); start that version`);
    if (!isOurs)
      refuseOlder(
        schema,
        migrations.filter(({ id }) => !applied.has(id)).map(({ id }) => id),
      );

    const done: string[] = [];
    for (const { id, sql } of migrations) {
      if (applied.has(id)) continue;
      await inTransaction(client, async () => {
        await client.query(`insert into ${table} (id) values ($1)`, [id]);
        await client.query(sql);
      });
      done.push(id);
    }
    return done;
  } finally {
    await client.query('select pg_advisory_unlock(hashtext($1))', [`migrate ${schema}`]).catch(() => undefined);
    client.release();
  }
};

/** Whether whoever has logged in may change a schema, or make it where it is not there yet. */
export const ownsSchema = async (client: pg.ClientBase, schema: string): Promise<boolean> => {
  const { rows } = await client.query<{ owns: boolean }>(`select pg_has_role(nspowner, 'usage') as owns from pg_namespace where nspname = $1`, [
    schema,
  ]);
  return rows[0]?.owns ?? true;
};

/** @throws SchemaTooOld where something is missing that only the owner can add */
export const refuseOlder = (schema: string, missing: readonly string[]): void => {
  if (missing.length > 0) throw new SchemaTooOld(`schema ${schema} lacks ${missing.join(', ')}; its owner has to migrate it first`);
};

/** Runs the work in one transaction on this client; whatever it throws rolls everything back. */
export const inTransaction = async <T>(client: pg.ClientBase, work: () => Promise<T>): Promise<T> => {
  await client.query('begin');
  try {
    const result = await work();
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw error;
  }
};
