import { SERVICE_ROLE, SchemaTooNew, openPool, ownsSchema, refuseOlder } from '@vfleet/journal';
import type pg from 'pg';
import { DataSource } from 'typeorm';
import { SCHEMA } from '../read-model/inventory.projection.js';
import { ReadModel1763740800000 } from './1763740800000-read-model.js';
import { Models1763830800000 } from './1763830800000-models.js';
import { VmEvents1763834400000 } from './1763834400000-vm-events.js';
import { VmMigrations1763838000000 } from './1763838000000-vm-migrations.js';
import { OperatorsWords1763841600000 } from './1763841600000-operators-words.js';
import { Pools1763845200000 } from './1763845200000-pools.js';
import { Addresses1763848800000 } from './1763848800000-addresses.js';
import { DASHBOARD_ROLE, DASHBOARD_VIEWS, DashboardViews1763852400000 } from './1763852400000-dashboard-views.js';
import { Streams1763854200000 } from './1763854200000-streams.js';
import { ExcludedClasses1763856000000 } from './1763856000000-excluded-classes.js';
import { TENANT_ROLE, TENANT_VIEWS, TenantViews1763857800000 } from './1763857800000-tenant-views.js';
import { TenantRows1763859600000 } from './1763859600000-tenant-rows.js';
import { guardRows } from './guard-rows.js';

const MIGRATIONS = [
  ReadModel1763740800000,
  Models1763830800000,
  VmEvents1763834400000,
  VmMigrations1763838000000,
  OperatorsWords1763841600000,
  Pools1763845200000,
  Addresses1763848800000,
  DashboardViews1763852400000,
  Streams1763854200000,
  ExcludedClasses1763856000000,
  TenantViews1763857800000,
  TenantRows1763859600000,
];
const TABLE = 'migrations';

/**
 * Makes the read model's tables, or what is missing of them: never where rows are read, for a migration fills in nothing and
 * locks what it changes; `updateInventory` sees to that. Any number of instances may start at once: they stand in line behind an
 * advisory lock, which TypeORM does not take by itself. Who does not own the schema only looks whether it is up to date.
 * @throws SchemaTooNew when the tables were migrated by a newer version; SchemaTooOld when only their owner could bring them up to date
 */
export const migrateInventory = async (url: string, schema = SCHEMA): Promise<void> => {
  const owner = openPool({ url, name: 'vfleet-inventory-migrations', max: 1 });
  const client = await owner.connect();
  try {
    await client.query('select pg_advisory_lock(hashtext($1))', [`migrate ${schema}`]);
    if (!(await ownsSchema(client, schema))) return await lookOnly(client, schema);
    await client.query(`create schema if not exists ${schema}`);
    await refuseNewer(client, schema);
    await runMigrations(url, schema);
    await grant(client, schema);
    await grantViews(client, schema, DASHBOARD_ROLE, DASHBOARD_VIEWS);
    await guardRows(client, schema);
    await grantViews(client, schema, TENANT_ROLE, TENANT_VIEWS);
  } finally {
    // Closing the connection gives the lock back.
    client.release(true);
    await owner.end();
  }
};

/** A service with a login of its own changes no table. */
const lookOnly = async (client: pg.ClientBase, schema: string): Promise<void> => {
  await refuseNewer(client, schema);
  refuseOlder(schema, await pendingIn(client, schema));
};

/** Migrations of this version that a schema lacks. */
export const pendingIn = async (client: pg.ClientBase | pg.Pool, schema: string): Promise<readonly string[]> => {
  const { rows } = await client.query<{ name: string }>(`select name from ${schema}.${TABLE}`);
  const applied = new Set(rows.map(({ name }) => name));
  return MIGRATIONS.map(({ name }) => name).filter((name) => !applied.has(name));
};

/** Migrations of a schema that this version does not know: a newer one has made its tables. */
export const unknownIn = async (client: pg.ClientBase | pg.Pool, schema: string): Promise<readonly string[]> => {
  const { rows } = await client.query<{ name: string }>(`select name from ${schema}.${TABLE} where name <> all($1)`, [
    MIGRATIONS.map(({ name }) => name),
  ]);
  return rows.map(({ name }) => name);
};

const runMigrations = async (url: string, schema: string): Promise<void> => {
  const source = new DataSource({ type: 'postgres', url, schema, migrations: MIGRATIONS, migrationsTableName: TABLE });
  await source.initialize();
  try {
    await source.runMigrations({ transaction: 'each' });
  } finally {
    await source.destroy();
  }
};

const refuseNewer = async (client: pg.ClientBase, schema: string): Promise<void> => {
  const { rows: tables } = await client.query('select from pg_tables where schemaname = $1 and tablename = $2', [schema, TABLE]);
  if (tables.length === 0) return;
  const unknown = await unknownIn(client, schema);
  if (unknown.length > 0) throw new SchemaTooNew(`schema ${schema} was migrated by a newer version (${unknown.join(', ')}); start that version`);
};

/** The service acts as a role that may not change the journal; where there is none, it acts as the owner. */
const grant = async (client: pg.ClientBase, schema: string): Promise<void> => {
  const { rows } = await client.query('select from pg_roles where rolname = $1', [SERVICE_ROLE]);
  if (rows.length === 0) return;
  await client.query(`grant usage on schema ${schema} to ${SERVICE_ROLE}`);
  await client.query(`grant select, insert, update, delete on all tables in schema ${schema} to ${SERVICE_ROLE}`);
};

/** A role that may look through its views, and neither behind nor beside them. */
const grantViews = async (client: pg.ClientBase, schema: string, role: string, views: readonly string[]): Promise<void> => {
  const { rows } = await client.query('select from pg_roles where rolname = $1', [role]);
  if (rows.length === 0) return;
  await client.query(`
    do $$
    begin
      execute format('grant ${role} to %I', current_user);
    exception when insufficient_privilege or invalid_grant_operation then null;
    end $$`);
  await client.query(`grant usage on schema ${schema} to ${role}`);
  await client.query(`grant select on ${views.map((view) => `${schema}.${view}`).join(', ')} to ${role}`);
};
