import type { VmWishes } from '@vfleet/contracts';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { rfc3339 } from './rfc3339.js';
import type { Hold, SeenState, VmRow } from './vm.js';

/** A VM that has to do with devices, as the read side keeps it. Written by the projection only. */
@Entity('vms')
export class VmEntity implements VmRow {
  @PrimaryColumn('text', { name: 'vm_id' }) vmId!: string;
  @Column('timestamptz', { transformer: rfc3339 }) since!: string;
  @Column('jsonb', { nullable: true }) seen!: SeenState | null;
  @Column('jsonb') wishes!: VmWishes;
  @Column('jsonb') holds!: Hold[];
  @Column('text', { name: 'migration_id', nullable: true }) migrationId!: string | null;
}
