import { inTransaction } from '@vfleet/journal';
import type pg from 'pg';
import { setTimeout as delay } from 'node:timers/promises';
import { TENANT_ROLE, TENANT_SETTING, TENANT_VIEWS } from './1763857800000-tenant-views.js';
import { TENANT_VIEWS_ROLE, TENANT_VM_IDS, VM_WORDS } from './1763859600000-tenant-rows.js';

/** The journal's tables that speak of VMs. A policy there names no table of the inventory, whose schema is dropped when it is made anew. */
const JOURNAL_TABLES = ['events', 'inbox', 'claims', 'marks', 'dead_letters'] as const;
const MARKS_ROWS = `key like 'vm:%' and value ->> 'tenant' = nullif(current_setting('${TENANT_SETTING}', true), '')`;
const NO_ROWS = 'false';

/**
 * Whoever is a member of the tenants' role to act as it, and keeps checkpoints: an inventory whose login takes over what that role has.
 * Looked up once for each statement. A role that takes nothing over, as `grants.sql` makes it, is asked no such thing.
 */
const IS_SERVICE = `(select current_user <> '${TENANT_ROLE}' and has_table_privilege('journal.checkpoints'::regclass, 'insert'))`;

/** The inventory's tables that have a VM's id. A policy, be it for everybody, keeps lists of devices from their indexes: docs/reference/tenants.md. */
const UNGUARDED = ['devices'];

/**
 * Shows tenants of what is told of VMs the rows of their own, whatever views leave out or grants let through: rows are for everybody,
 * and for the roles of tenants only where a second policy says so too. Not forced: that would break the dumps of who owns the tables, and
 * a superuser is exempt even so. Changes nothing where it is done, and leaves it to a later start where those roles are missing.
 */
export const guardRows = async (client: pg.ClientBase, schema: string): Promise<void> => {
  const { rows: roles } = await client.query('select from pg_roles where rolname = any($1)', [[TENANT_ROLE, TENANT_VIEWS_ROLE]]);
  if (roles.length < 2) return;
  for (const table of await tablesOfVms(client, schema))
    await guard(client, `${schema}.${table}`, `exists (select from ${schema}.${TENANT_VM_IDS} own where own.vm_id = ${table}.vm_id)`);
  for (const table of JOURNAL_TABLES) await guard(client, `journal.${table}`, table === 'marks' ? MARKS_ROWS : NO_ROWS);
  await handOver(client, schema);
};

const tablesOfVms = async (client: pg.ClientBase, schema: string): Promise<readonly string[]> => {
  const { rows } = await client.query<{ name: string }>(
    `select relname as name from pg_class class join pg_attribute on attrelid = class.oid
     where relnamespace = to_regnamespace($1) and relkind = 'r' and attname = 'vm_id' and relname <> all($2) order by relname`,
    [schema, UNGUARDED],
  );
  return rows.map(({ name }) => name);
};

const isGuarded = async (client: pg.ClientBase, table: string): Promise<boolean> => {
  const { rows } = await client.query('select from pg_class where oid = to_regclass($1) and relrowsecurity', [table]);
  return rows.length > 0;
};

/** Half of PostgreSQL's `deadlock_timeout`; who appends waits no longer for it than that. */
const LOCK_WAIT = '500ms';
const PAUSE_MS = 500;
const TRIES = 120;
const LOCK_NOT_AVAILABLE = '55P03';

/** Locks the table, and waits for those who read it a little at a time: who comes after them would wait as well. */
const guard = async (client: pg.ClientBase, table: string, rows: string): Promise<void> => {
  if (await isGuarded(client, table)) return;
  for (let left = TRIES; ; left -= 1) {
    try {
      return await inTransaction(client, async () => {
        await client.query(`set local lock_timeout = '${LOCK_WAIT}'`);
        await client.query(`
          alter table ${table} enable row level security;
          drop policy if exists everybody on ${table};
          drop policy if exists tenants on ${table};
          create policy everybody on ${table} using (true);
          create policy tenants on ${table} as restrictive to ${TENANT_ROLE}, ${TENANT_VIEWS_ROLE} using (${IS_SERVICE} or ${rows})`);
      });
    } catch (error) {
      if (left === 0 || (error as { readonly code?: string }).code !== LOCK_NOT_AVAILABLE) throw error;
      await delay(PAUSE_MS);
    }
  }
};

/**
 * The views of tenants are owned by a role to which policies apply, and which may read what these views and policies ask. Who may not act
 * as that role keeps them: they are right by themselves.
 */
const handOver = async (client: pg.ClientBase, schema: string): Promise<void> => {
  await client.query(`
    do $$
    begin
      execute format('grant ${TENANT_VIEWS_ROLE} to %I', current_user);
    exception when insufficient_privilege or invalid_grant_operation then null;
    end $$`);
  const { rows } = await client.query<{ name: string }>(
    `select relname as name from pg_class where relnamespace = to_regnamespace($1) and relname = any($2)
       and pg_get_userbyid(relowner) <> $3 and pg_has_role($3, 'member')`,
    [schema, TENANT_VIEWS, TENANT_VIEWS_ROLE],
  );
  if (rows.length === 0) return;
  await inTransaction(client, async () => {
    await client.query(`grant select on ${schema}.vms, journal.marks, ${schema}.${TENANT_VM_IDS}, ${schema}.${VM_WORDS} to ${TENANT_VIEWS_ROLE}`);
    await client.query(`grant select on ${schema}.${TENANT_VM_IDS} to ${TENANT_ROLE}`);
    // PostgreSQL asks of an owner that he might have made it.
    await client.query(`grant create on schema ${schema} to ${TENANT_VIEWS_ROLE}`);
    for (const { name } of rows) await client.query(`alter view ${schema}.${name} owner to ${TENANT_VIEWS_ROLE}`);
    await client.query(`revoke create on schema ${schema} from ${TENANT_VIEWS_ROLE}`);
  });
};
