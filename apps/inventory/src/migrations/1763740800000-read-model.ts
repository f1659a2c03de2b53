import type { MigrationInterface, QueryRunner } from 'typeorm';
import { schemaOf } from './schema-of.js';

/**
 * The first tables of the read side. Texts that lists are ordered by sort by byte, whatever the database's locale, so
 * that pages follow on each other on every server. Updates of a device's status leave room on the page for the next.
 */
export class ReadModel1763740800000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const schema = schemaOf(runner);
    await runner.query(`
      create table ${schema}.devices (
        device_id     text collate "C" primary key,
        host_id       text collate "C" not null,
        address       text not null,
        sort_key      text collate "C" not null,
        presence      text not null,
        observation   jsonb not null,
        traits        jsonb not null,
        state         text not null,
        eligible      boolean not null,
        ineligible    jsonb not null,
        holder        jsonb,
        vm_id         text generated always as (holder ->> 'vmId') stored,
        cordoned      boolean not null,
        first_seen_at timestamptz not null,
        last_seen_at  timestamptz not null
      ) with (fillfactor = 80);
      create index devices_in_order on ${schema}.devices (host_id, sort_key, device_id);
      create index devices_vm on ${schema}.devices (vm_id) where vm_id is not null;

      create table ${schema}.hosts (
        host_id       text collate "C" primary key,
        description   jsonb not null,
        state         text not null,
        first_seen_at timestamptz not null,
        last_seen_at  timestamptz not null,
        counts        jsonb not null
      ) with (fillfactor = 80);

      create table ${schema}.vms (
        vm_id  text collate "C" primary key,
        since  timestamptz not null,
        seen   jsonb,
        wishes jsonb not null,
        holds  jsonb not null
      ) with (fillfactor = 80);

      create table ${schema}.device_events (
        device_id text collate "C",
        position  bigint,
        primary key (device_id, position)
      );
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    const schema = schemaOf(runner);
    await runner.query(`drop table ${schema}.devices, ${schema}.hosts, ${schema}.vms, ${schema}.device_events`);
  }
}
