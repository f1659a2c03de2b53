import { IsBoolean, IsIn, Matches } from 'class-validator';
import { DeviceObservation } from './device.js';
import { IsDeviceId, Many, Nullable, One, Optional, Text, TextMap, Texts, Time, Token, Whole } from './fields.js';

const UUID = /^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$/;

/** What every fact of a host's agent carries. */
export class HostFact {
  @Token() hostId!: string;
  /** UUIDv7 made when the agent started: a later start sorts after an earlier one. */
  @Matches(UUID) epoch!: string;
  /** 1, 2, 3… within the epoch. */
  @Whole(1) sequence!: number;
  @Time() observedAt!: string;
}

export class Iommu {
  @IsBoolean() enabled!: boolean;
  @Optional() @Text(64) type?: string;
}

export class NumaNode {
  @Whole() id!: number;
  @Optional() @Whole() socket?: number;
}

export class Hypervisor {
  @Text(64) driver!: string;
  @Optional() @Text(64) version?: string;
}

/** What a host says of itself. */
export class HostDescription {
  @Text(256) hostname!: string;
  @Text(64) agentVersion!: string;
  @Whole(1, 3600) heartbeatSeconds!: number;
  @Optional() @Text(256) kernel?: string;
  @Optional() @One(() => Iommu) iommu?: Iommu;
  @Optional() @Many(() => NumaNode) numaNodes?: NumaNode[];
  @Optional() @One(() => Hypervisor) hypervisor?: Hypervisor;
  /** False where the host disabled custom models. */
  @Optional() @IsBoolean() customDevices?: boolean;
  @Optional() @IsBoolean() unsafeIommuGroups?: boolean;
  @Optional() @TextMap() labels?: Record<string, string>;
}

export class HostOnline extends HostFact {
  @Text(256) hostname!: string;
  @Text(64) agentVersion!: string;
  @Whole(1, 3600) heartbeatSeconds!: number;
  @Optional() @Text(256) kernel?: string;
  @Optional() @One(() => Iommu) iommu?: Iommu;
  @Optional() @Many(() => NumaNode) numaNodes?: NumaNode[];
  @Optional() @One(() => Hypervisor) hypervisor?: Hypervisor;
  @Optional() @IsBoolean() customDevices?: boolean;
  @Optional() @IsBoolean() unsafeIommuGroups?: boolean;
  @Optional() @TextMap() labels?: Record<string, string>;
}

export class HostOffline extends HostFact {
  @Text() reason!: string;
}

export class DeviceDiscovered extends HostFact {
  @One(() => DeviceObservation) device!: DeviceObservation;
}

export class DeviceChanged extends HostFact {
  @IsDeviceId() deviceId!: string;
  @One(() => DeviceObservation) device!: DeviceObservation;
}

/** A name that is missing or null: the device has none (any more). */
export class DeviceRenamed extends HostFact {
  @IsDeviceId() deviceId!: string;
  @Text(64) address!: string;
  @Optional() @Nullable() @Text(256) previousName?: string | null;
  @Optional() @Nullable() @Text(256) name?: string | null;
}

export class DeviceReaddressed extends HostFact {
  @IsDeviceId() deviceId!: string;
  @Text(64) previousAddress!: string;
  @Text(64) address!: string;
}

export class DeviceRemoved extends HostFact {
  @IsDeviceId() deviceId!: string;
  @Text(64) address!: string;
  @Text() reason!: string;
}

/** A device that a VM really has, as its hypervisor says. */
export class Attachment {
  @Token() vmId!: string;
  @Text(64) address!: string;
}

/** The heartbeat: a digest over everything the agent has reported. */
export class InventoryAttested extends HostFact {
  @Whole() devices!: number;
  @Matches(/^[0-9a-f]{64}$/) digest!: string;
  /** Missing where the agent cannot see attachments, which is not the same as an empty list. */
  @Optional() @Many(() => Attachment) attachments?: Attachment[];
}

/** What all outcomes of a command to an agent carry. */
export class HostdevOutcome extends HostFact {
  @Text(128) commandId!: string;
  @Token() vmId!: string;
  @IsDeviceId() deviceId!: string;
  @Text(64) address!: string;
  @Optional() @Text(64) guestAddress?: string;
  @Whole() elapsedMs!: number;
  /** Told again, or late: something newer was ordered about the device and done, so that it says nothing of how things are now. */
  @Optional() @IsBoolean() superseded?: boolean;
}

export class HostdevAttached extends HostdevOutcome {}
export class HostdevDetached extends HostdevOutcome {
  /** What would keep the VM from being moved now, in its hypervisor's words; told where it knows. */
  @Optional() @Texts() migrationBlockers?: string[];
}

export const HOSTDEV_FAILURES = ['GUEST_REFUSED', 'TIMEOUT', 'VM_NOT_FOUND', 'DEVICE_BUSY', 'DEVICE_NOT_FOUND', 'DRIVER_ERROR'];

export class HostdevFailed extends HostdevOutcome {
  @IsIn(HOSTDEV_FAILURES) code!: string;
  @Optional() @Text() message?: string;
}

/** Every fact of a host's agent, by the last token of its subject. */
export const HOST_FACTS = {
  HostOnline,
  HostOffline,
  DeviceDiscovered,
  DeviceChanged,
  DeviceRenamed,
  DeviceReaddressed,
  DeviceRemoved,
  InventoryAttested,
  HostdevAttached,
  HostdevDetached,
  HostdevFailed,
} as const;
export type HostFactName = keyof typeof HOST_FACTS;
