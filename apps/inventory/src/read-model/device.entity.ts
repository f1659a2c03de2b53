import type { DeviceState } from '@vfleet/contracts';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { DeviceRow, Holder } from './device.js';
import type { Traits, Verdict } from './device-verdict.js';
import { rfc3339 } from './rfc3339.js';

/** A device as the read side keeps it. Written by the projection only. */
@Entity('devices')
export class DeviceEntity implements DeviceRow, Verdict {
  @PrimaryColumn('text', { name: 'device_id' }) deviceId!: string;
  @Column('text', { name: 'host_id' }) hostId!: string;
  @Column('text') address!: string;
  /** Sorts as the address does. */
  @Column('text', { name: 'sort_key' }) sortKey!: string;
  @Column('text') presence!: DeviceRow['presence'];
  @Column('jsonb') observation!: DeviceRow['observation'];
  @Column('jsonb') traits!: Traits;
  @Column('text') state!: DeviceState;
  @Column('boolean') eligible!: boolean;
  @Column('jsonb') ineligible!: Verdict['ineligible'];
  @Column('jsonb', { nullable: true }) holder!: Holder | null;
  @Column('boolean') cordoned!: boolean;
  @Column('jsonb') tagged!: DeviceRow['tagged'];
  @Column('timestamptz', { name: 'first_seen_at', transformer: rfc3339 }) firstSeenAt!: string;
  @Column('timestamptz', { name: 'last_seen_at', transformer: rfc3339 }) lastSeenAt!: string;
}
