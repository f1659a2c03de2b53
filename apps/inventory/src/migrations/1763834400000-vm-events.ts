import type { MigrationInterface, QueryRunner } from 'typeorm';
import { schemaOf } from './schema-of.js';

/** Which events a VM's row came from, so that it can be made again as of an earlier position. */
export class VmEvents1763834400000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create table ${schemaOf(runner)}.vm_events (vm_id text collate "C", position bigint, primary key (vm_id, position))`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table ${schemaOf(runner)}.vm_events`);
  }
}
