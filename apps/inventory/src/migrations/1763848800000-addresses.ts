import type { MigrationInterface, QueryRunner } from 'typeorm';
import { schemaOf } from './schema-of.js';

/** Every address that any device has had: few, for hosts are alike, so that a glob over addresses is asked of these first. */
export class Addresses1763848800000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create table ${schemaOf(runner)}.addresses (address text collate "C" primary key)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table ${schemaOf(runner)}.addresses`);
  }
}
