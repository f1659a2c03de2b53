import { IsBoolean, IsIn } from 'class-validator';
import { PageRequest } from './api-common.js';
import { Device, DeviceTags } from './device.js';
import { AnyObject, Anything, Many, Nullable, One, Optional, Text, TextMap, Time, Token, Whole, IsDeviceId } from './fields.js';
import { HostDescription } from './host-facts.js';

/** `filter` takes the keys of a match, and `hostId`, `state`, `eligible`, `vmId`. */
export class ListDevices extends PageRequest {
  @Optional() @AnyObject() filter?: Record<string, unknown>;
  /** A CEL expression over `device`. */
  @Optional() @Text() where?: string;
}
export class DeviceList {
  @Many(() => Device) items!: Device[];
  @Nullable() @Text() nextCursor!: string | null;
}
/** A device by its id, or by host and address. */
export class GetDevice {
  @Optional() @IsDeviceId() deviceId?: string;
  @Optional() @Token() hostId?: string;
  @Optional() @Text(64) address?: string;
}
/** Takes a device out of what may be given, or lets it be given again. */
export class CordonDevice {
  @IsDeviceId() deviceId!: string;
  @Optional() @Text() reason?: string;
}
export class TagDevice {
  @IsDeviceId() deviceId!: string;
  /** What is not named stays as it is. */
  @DeviceTags() tags!: Record<string, string | null>;
}
export class DeviceHistory extends PageRequest {
  @IsDeviceId() deviceId!: string;
}
/** One event as history shows it. */
export class HistoryItem {
  @Text(20) position!: string;
  @Text(64) id!: string;
  @Text(64) type!: string;
  @Text(256) stream!: string;
  @Whole(1) version!: number;
  @Time() time!: string;
  @Anything() data!: unknown;
}
export class History {
  @Many(() => HistoryItem) items!: HistoryItem[];
  @Nullable() @Text() nextCursor!: string | null;
}

export const HOST_STATES = ['online', 'offline', 'stale', 'draining'] as const;
export type HostState = (typeof HOST_STATES)[number];

export class HostFilter {
  @Optional() @IsIn([...HOST_STATES]) state?: HostState;
  @Optional() @TextMap() labels?: Record<string, string>;
}
export class ListHosts extends PageRequest {
  @Optional() @One(() => HostFilter) filter?: HostFilter;
}
export class GetHost {
  @Token() hostId!: string;
}
export class DeviceCounts {
  @Whole() total!: number;
  @Whole() free!: number;
  @Whole() held!: number;
  @Whole() ineligible!: number;
  @Whole() missing!: number;
}
export class Host extends HostDescription {
  @Token() hostId!: string;
  @IsIn([...HOST_STATES]) state!: HostState;
  @Time() firstSeenAt!: string;
  @Time() lastSeenAt!: string;
  @One(() => DeviceCounts) counts!: DeviceCounts;
}
export class HostList {
  @Many(() => Host) items!: Host[];
  @Nullable() @Text() nextCursor!: string | null;
}

/** How far a service that reads the journal is behind. */
export class ServiceStatus {
  @Text(64) name!: string;
  @Text(64) id!: string;
  @Text(64) version!: string;
  /** `active`, or `standby` where another instance has the say. */
  @IsIn(['active', 'standby']) role!: string;
  @Optional() @Whole() position?: number;
  @Optional() @Whole() lagEvents?: number;
  @Optional() @Whole() lagSeconds?: number;
}
export class StatusProblem {
  @Text(64) code!: string;
  @Text() message!: string;
}
export class SystemStatus {
  @Many(() => ServiceStatus) services!: ServiceStatus[];
  @Whole() journalPosition!: number;
  /** Last sequence of VFLEET_EVT; null while the stream is away. */
  @Nullable() @Whole() streamSequence!: number | null;
  @IsBoolean() healthy!: boolean;
  /** What is wrong, a sentence each. */
  @Many(() => StatusProblem) problems!: StatusProblem[];
}
