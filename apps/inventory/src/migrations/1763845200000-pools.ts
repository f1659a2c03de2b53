import type { MigrationInterface, QueryRunner } from 'typeorm';
import { schemaOf } from './schema-of.js';

/**
 * Counters of devices that nothing tells apart, and which devices they count: what is asked of a whole fleet is answered
 * from these, and a list of devices finds by them the hosts that have any. Events about models, so that these can be known
 * as they were.
 */
export class Pools1763845200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const schema = schemaOf(runner);
    await runner.query(`
      create table ${schema}.pools (
        pool        text collate "C" primary key,
        observation jsonb not null,
        traits      jsonb not null,
        state       text not null,
        eligible    boolean not null,
        devices     bigint not null
      ) with (fillfactor = 50);
      create index pools_empty on ${schema}.pools (pool) where devices = 0;

      create table ${schema}.host_pools (
        host_id text collate "C",
        pool    text collate "C",
        devices bigint not null,
        primary key (host_id, pool)
      ) with (fillfactor = 80);
      create index host_pools_pool on ${schema}.host_pools (pool, host_id);
      create index host_pools_empty on ${schema}.host_pools (host_id) where devices = 0;

      create table ${schema}.model_events (position bigint primary key);

      alter table ${schema}.devices add column pool text collate "C";
      create index devices_pool on ${schema}.devices (host_id, pool);
      create index devices_address on ${schema}.devices (address collate "C", host_id, sort_key, device_id);
      create index devices_group on ${schema}.devices ((observation -> 'iommuGroup'), host_id, sort_key, device_id);
      create index devices_parent on ${schema}.devices ((observation -> 'parentDeviceId'), host_id, sort_key, device_id);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    const schema = schemaOf(runner);
    await runner.query(`
      drop table ${schema}.pools, ${schema}.host_pools, ${schema}.model_events;
      drop index ${schema}.devices_address, ${schema}.devices_group, ${schema}.devices_parent;
      alter table ${schema}.devices drop column pool;
    `);
  }
}
