import type { MigrationInterface, QueryRunner } from 'typeorm';
import { schemaOf } from './schema-of.js';

/** Events that the version before has passed over when it came to them; reservations for a move it took for ordinary ones. */
const PASSED_OVER = [
  'HostDraining',
  'HostUndrained',
  'MigrationRequested',
  'MigrationRejected',
  'TargetReserved',
  'HostdevUnplugRequested',
  'HostdevUnplugged',
  'VmMigrationReady',
  'VmMigrated',
  'HostdevPlugRequested',
  'HostdevPlugged',
  'HostdevCommandFailed',
  'TargetReplaced',
  'SourceReleased',
  'MigrationCompleted',
  'MigrationRollingBack',
  'MigrationRolledBack',
  'MigrationFailed',
  'MigrationCancelled',
  'MigrationRetried',
  'MigrationResolved',
];
const TABLES = ['devices', 'hosts', 'vms', 'models', 'device_events', 'vm_events'];

/**
 * Moves of VMs, and hosts that are emptied. Where the checkpoint is past such events already, which happens when an older
 * inventory runs beside a newer migrator, everything is projected anew: what they change cannot be filled in beside the rest.
 */
export class VmMigrations1763838000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const schema = schemaOf(runner);
    await runner.query(CREATE(schema));
    const [journal] = (await runner.query(`select to_regclass('journal.events') is not null as there`)) as { readonly there: boolean }[];
    if (!journal?.there) return;
    const [passedOver] = (await runner.query(
      `with projected as (select position from journal.checkpoints where name = $1 for update)
       select from journal.events event, projected where event.position <= projected.position and event.type = any($2) limit 1`,
      [schema, PASSED_OVER],
    )) as object[];
    if (!passedOver) return;
    await runner.query(`truncate ${TABLES.map((table) => `${schema}.${table}`).join(', ')}`);
    await runner.query('update journal.checkpoints set position = 0 where name = $1', [schema]);
  }

  async down(runner: QueryRunner): Promise<void> {
    const schema = schemaOf(runner);
    await runner.query(`
      alter table ${schema}.vms drop column migration_id;
      alter table ${schema}.hosts drop column draining;
      drop table ${schema}.vm_migrations;
    `);
  }
}

const CREATE = (schema: string): string => `
  create table ${schema}.vm_migrations (
    migration_id    text collate "C" primary key,
    position        bigint not null unique,
    vm_id           text collate "C" not null,
    state           text not null,
    source_host_id  text collate "C",
    target_host_id  text collate "C",
    devices         jsonb not null,
    steps           jsonb not null,
    started_at      timestamptz not null,
    finished_at     timestamptz,
    code            text,
    message         text,
    interruption_ms double precision
  ) with (fillfactor = 80);
  create index vm_migrations_vm on ${schema}.vm_migrations (vm_id, position);
  create index vm_migrations_source on ${schema}.vm_migrations (source_host_id, position);
  create index vm_migrations_target on ${schema}.vm_migrations (target_host_id, position);
  create index vm_migrations_state on ${schema}.vm_migrations (state, position);
  create index vm_migrations_active on ${schema}.vm_migrations (position) where finished_at is null;

  alter table ${schema}.hosts add column draining boolean not null default false;
  alter table ${schema}.vms add column migration_id text;
`;
