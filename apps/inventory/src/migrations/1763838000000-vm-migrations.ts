import type { MigrationInterface, QueryRunner } from 'typeorm';
import { schemaOf } from './schema-of.js';

/** Moves of VMs, and hosts that are emptied. */
export class VmMigrations1763838000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(CREATE(schemaOf(runner)));
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
