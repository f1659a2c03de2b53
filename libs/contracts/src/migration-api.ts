import { ListCatalog, CatalogName } from './catalog.js';
import {
  Drain,
  DrainHost,
  ListMigrations,
  Migration,
  MigrationKey,
  MigrationList,
  MigrationPlan,
  Policy,
  PolicyList,
  ResolveMigration,
  StartMigration,
  StartedMigration,
  UndrainHost,
} from './migration.js';
import { Nothing } from './api-common.js';

/** The requests about moves, by what stands after `vfleet.api.`. */
export const MIGRATION_API = {
  'policies.put': { request: Policy, reply: Policy },
  'policies.list': { request: ListCatalog, reply: PolicyList },
  'policies.get': { request: CatalogName, reply: Policy },
  'policies.delete': { request: CatalogName, reply: Policy },
  'migrations.start': { request: StartMigration, reply: StartedMigration },
  'migrations.plan': { request: StartMigration, reply: MigrationPlan },
  'migrations.get': { request: MigrationKey, reply: Migration },
  'migrations.list': { request: ListMigrations, reply: MigrationList },
  'migrations.cancel': { request: MigrationKey, reply: Migration },
  'migrations.retry': { request: MigrationKey, reply: Migration },
  'migrations.resolve': { request: ResolveMigration, reply: Migration },
  'hosts.drain': { request: DrainHost, reply: Drain },
  'hosts.undrain': { request: UndrainHost, reply: Nothing },
} as const;
