import type { MigrationDevice, MigrationState, MigrationStep } from '@vfleet/contracts';
import { Column, Entity, PrimaryColumn, type ValueTransformer } from 'typeorm';
import { MIGRATIONS_TABLE } from './migration.table.js';
import type { MigrationRow } from './migration.js';
import { rfc3339 } from './rfc3339.js';

/** The driver gives a bigint as text. */
const wholeNumber: ValueTransformer = { to: (value: number) => value, from: Number };

/** A VM's move, as the read side keeps it. Written by the projection only. */
@Entity(MIGRATIONS_TABLE)
export class MigrationEntity implements MigrationRow {
  @PrimaryColumn('text', { name: 'migration_id' }) migrationId!: string;
  @Column('bigint', { transformer: wholeNumber }) position!: number;
  @Column('text', { name: 'vm_id' }) vmId!: string;
  @Column('text') state!: MigrationState;
  @Column('text', { name: 'source_host_id', nullable: true }) sourceHostId!: string | null;
  @Column('text', { name: 'target_host_id', nullable: true }) targetHostId!: string | null;
  @Column('jsonb') devices!: MigrationDevice[];
  @Column('jsonb') steps!: MigrationStep[];
  @Column('timestamptz', { name: 'started_at', transformer: rfc3339 }) startedAt!: string;
  @Column('timestamptz', { name: 'finished_at', transformer: rfc3339, nullable: true }) finishedAt!: string | null;
  @Column('text', { nullable: true }) code!: string | null;
  @Column('text', { nullable: true }) message!: string | null;
  @Column('double precision', { name: 'interruption_ms', nullable: true }) interruptionMs!: number | null;
}
