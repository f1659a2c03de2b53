import type { MigrationInterface, QueryRunner } from 'typeorm';
import { schemaOf } from './schema-of.js';

/** Two lists that pools do not help to find, in the order of lists: VFs by their index, and removed devices. */
export class Streams1763854200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const schema = schemaOf(runner);
    await runner.query(`
      create index devices_vf on ${schema}.devices
        (((traits ->> 'pf') || '#' || (observation ->> 'vfIndex')), host_id, sort_key, device_id) where observation ->> 'vfIndex' is not null;
      create index devices_removed on ${schema}.devices (host_id, sort_key, device_id) where presence = 'removed';
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    const schema = schemaOf(runner);
    await runner.query(`drop index ${schema}.devices_vf, ${schema}.devices_removed`);
  }
}
