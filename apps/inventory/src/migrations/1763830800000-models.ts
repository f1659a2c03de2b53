import type { MigrationInterface, QueryRunner } from 'typeorm';
import { schemaOf } from './schema-of.js';

/** What models are registered, so that devices that come later are shown as of their model. */
export class Models1763830800000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create table ${schemaOf(runner)}.models (model text collate "C" primary key, data jsonb not null)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table ${schemaOf(runner)}.models`);
  }
}
