import type { MigrationInterface, QueryRunner } from 'typeorm';
import { schemaOf } from './schema-of.js';

/** Events by which a VM's row may have changed; a VM's index may hold more than change it, and never less. */
const TYPES = [
  'VmStateRecorded',
  'DevicesReserved',
  'DevicesReleased',
  'ReleasePending',
  'ReservationAdopted',
  'ReservationOrphaned',
  'AttachmentDisputed',
  'IsolationLost',
  'PromiseBroken',
];

/**
 * Which events a VM's row came from, so that it can be made again as of an earlier position. What was projected before
 * is filled in from the journal: the checkpoint is past it. Its row is locked, so that nobody projects meanwhile.
 */
export class VmEvents1763834400000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const schema = schemaOf(runner);
    await runner.query(`create table ${schema}.vm_events (vm_id text collate "C", position bigint, primary key (vm_id, position))`);
    const [journal] = (await runner.query(`select to_regclass('journal.events') is not null as there`)) as { readonly there: boolean }[];
    if (!journal?.there) return;
    await runner.query(
      `with projected as (select position from journal.checkpoints where name = $1 for update)
       insert into ${schema}.vm_events (vm_id, position)
       select event.data ->> 'vmId', event.position from journal.events event, projected
       where event.position <= projected.position and event.type = any($2) and event.data ? 'vmId'`,
      [schema, TYPES],
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table ${schemaOf(runner)}.vm_events`);
  }
}
