import { IsBoolean, IsIn } from 'class-validator';
import { Many, NumaNodes, Optional, Text, Time, Token, Whole } from './fields.js';
import { DeviceRequest } from './request.js';

export const VM_STATES = ['starting', 'running', 'paused', 'migrating', 'stopping', 'stopped', 'crashed', 'error', 'destroyed', 'unknown'] as const;
export type VmState = (typeof VM_STATES)[number];

/** A VM's new state, as its platform saw it. `devices` and `offering` together are what the VM wants. */
export class VmStateChanged {
  @Token() vmId!: string;
  @IsIn([...VM_STATES]) state!: VmState;
  @Optional() @Token() hostId?: string;
  /** Per VM, rising; where a platform has none, `occurredAt` orders. */
  @Optional() @Whole() sequence?: number;
  @Optional() @Time() occurredAt?: string;
  @Optional() @Many(() => DeviceRequest) devices?: DeviceRequest[];
  @Optional() @Text(256) offering?: string;
  @Optional() @NumaNodes() numaNodes?: number[];
  @Optional() @Text(256) tenant?: string;
  /** The guest has a bond or failover partner for its passthrough NIC. */
  @Optional() @IsBoolean() standby?: boolean;
  @Optional() @Token() targetHostId?: string;
  @Optional() @Text() reason?: string;
}

/** The platform's move of a VM failed. */
export class VmMigrationFailed {
  @Token() vmId!: string;
  @Optional() @Text(128) migrationId?: string;
  @Token() sourceHostId!: string;
  @Token() targetHostId!: string;
  @Text() message!: string;
}

/** Every fact of a platform, by the last token of its subject. */
export const VM_FACTS = { VmStateChanged, VmMigrationFailed } as const;
export type VmFactName = keyof typeof VM_FACTS;
