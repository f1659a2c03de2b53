import type { MigrationInterface, QueryRunner } from 'typeorm';
import { schemaOf } from './schema-of.js';

/** The classes that hosts keep, once an operator has said which: one row. */
export class ExcludedClasses1763856000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table ${schemaOf(runner)}.excluded_classes (
        single  boolean primary key default true check (single),
        classes jsonb not null
      );
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table ${schemaOf(runner)}.excluded_classes`);
  }
}
