import type { DeviceCounts, HostDescription } from '@vfleet/contracts';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { HostRow } from './host.js';
import { rfc3339 } from './rfc3339.js';

/** A host as the read side keeps it. Written by the projection only. */
@Entity('hosts')
export class HostEntity implements HostRow {
  @PrimaryColumn('text', { name: 'host_id' }) hostId!: string;
  @Column('jsonb') description!: HostDescription;
  @Column('text') state!: HostRow['state'];
  @Column('boolean') draining!: boolean;
  @Column('timestamptz', { name: 'first_seen_at', transformer: rfc3339 }) firstSeenAt!: string;
  @Column('timestamptz', { name: 'last_seen_at', transformer: rfc3339 }) lastSeenAt!: string;
  @Column('jsonb') counts!: DeviceCounts;
}
