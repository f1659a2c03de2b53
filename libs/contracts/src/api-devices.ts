import { IsIn } from 'class-validator';
import { MAX_LIMIT, PageRequest } from './api-common.js';
import { Device, DeviceTags } from './device.js';
import { AnyObject, Anything, At, IsDeviceId, Many, Nullable, One, Optional, Text, TextMap, Texts, Time, Token, Tokens, Whole } from './fields.js';
import { HostDescription } from './host-facts.js';

/** `filter` takes the keys of a match, and `hostId`, `state`, `eligible`, `vmId`. */
export class ListDevices extends PageRequest {
  @Optional() @AnyObject() filter?: Record<string, unknown>;
  /** A CEL expression over `device`. */
  @Optional() @Text() where?: string;
  /** As they were at a time, or at a position of the journal. */
  @Optional() @At() at?: string | number;
}
export class DeviceList {
  @Many(() => Device) items!: Device[];
  @Nullable() @Text() nextCursor!: string | null;
}
/** Devices counted by what they have in common. Without `limit` the first 1000 pools. */
export class ListPools {
  /** Keys of a match, `tags.<key>`, `hostId`, `vmId`, `state`, `eligible`; none counts everything together. By default vendor and product. */
  @Optional() @Texts() groupBy?: string[];
  @Optional() @AnyObject() filter?: Record<string, unknown>;
  @Optional() @Whole(1, MAX_LIMIT) limit?: number;
  @Optional() @Nullable() @Text(16_384) cursor?: string | null;
}
/** `key` has every key that was asked for, null where the devices lack it; `total` is the sum of the others. */
export class Pool {
  @AnyObject() key!: Record<string, unknown>;
  @Whole() total!: number;
  @Whole() free!: number;
  @Whole() held!: number;
  @Whole() ineligible!: number;
  @Whole() missing!: number;
}
export class PoolList {
  @Many(() => Pool) items!: Pool[];
  @Nullable() @Text(16_384) nextCursor!: string | null;
}
/** A device by its id, or by host and address. */
export class GetDevice {
  @Optional() @IsDeviceId() deviceId?: string;
  @Optional() @Token() hostId?: string;
  @Optional() @Text(64) address?: string;
  @Optional() @At() at?: string | number;
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
export class AffectedDevices {
  @IsDeviceId() deviceId!: string;
}
export class AffectedList {
  @Many(() => Device) items!: Device[];
}
/** Times, or positions of the journal; without them from the beginning, and up to now. */
export class DeviceHolders {
  @IsDeviceId() deviceId!: string;
  @Optional() @At() from?: string | number;
  @Optional() @At() to?: string | number;
}
/** A VM that has held a device; `to` is null while it does. */
export class Holding {
  @Token() vmId!: string;
  @Token() hostId!: string;
  @Time() from!: string;
  @Nullable() @Time() to!: string | null;
}
export class HoldingList {
  @Many(() => Holding) items!: Holding[];
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
/** A device with what is below it. */
export class TreeNode {
  @One(() => Device) device!: Device;
  @Many(() => TreeNode) children!: TreeNode[];
}
export class HostTree {
  @Many(() => TreeNode) items!: TreeNode[];
}
/** Asks agents to look at their hardware at once; without `hostIds` those of all known hosts. */
export class ProbeHosts {
  @Optional() @Tokens() hostIds?: string[];
}
export class HostsProbed {
  /** Hosts whose agents have looked. */
  @Tokens() probed!: string[];
  /** Hosts whose agents do not answer, and those that nobody knows. */
  @Tokens() unreachable!: string[];
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
