import { IsBoolean, IsIn } from 'class-validator';
import {
  MAX_TAGS,
  MAX_TAG_KEY,
  MAX_TAG_VALUE,
  type DeviceObservation as Observation,
  type HostUse as Use,
  type NetInterface as Net,
} from '@vfleet/pci';
import { Hex, IsDeviceId, Many, Nullable, One, Optional, Text, TextMap, TextMapChanges, Time, Token, Whole } from './fields.js';

export const DEVICE_KINDS = ['pci', 'usb', 'scsi', 'mdev'];
export const FUNCTION_TYPES = ['pf', 'vf', 'plain'];
export const DEVICE_STATES = ['available', 'held', 'releasing', 'ineligible', 'missing', 'removed'] as const;
export type DeviceState = (typeof DEVICE_STATES)[number];

/** Changes of a device's tags: values, or null for a tag that is to go. */
export const DeviceTags = (): PropertyDecorator => TextMapChanges(MAX_TAG_KEY, MAX_TAG_VALUE, MAX_TAGS);

/** A network interface of a device. */
export class NetInterface implements Net {
  @Text(64) ifname!: string;
  @Text(64) mac!: string;
  @Optional() @Text(64) permanentMac?: string;
  @Optional() @Whole() speedMbps?: number;
  @Optional() @IsBoolean() carrier?: boolean;
  @Optional() @Text(128) physPortId?: string;
  @Optional() @Text(128) physSwitchId?: string;
  @Optional() @Text(32) linkType?: string;
}

/** What on the host itself needs a device. */
export class HostUse implements Use {
  @Text(64) code!: string;
  @Text() detail!: string;
}

/** One device as its host's agent saw it. */
export class DeviceObservation implements Observation {
  @IsDeviceId() deviceId!: string;
  @Text() identity!: string;
  @IsIn(DEVICE_KINDS) kind!: string;
  @Text(64) address!: string;
  @Optional() @Text(256) name?: string;
  @Optional() @Hex(4) vendorId?: string;
  @Optional() @Hex(4) productId?: string;
  @Optional() @Hex(4) subsystemVendorId?: string;
  @Optional() @Hex(4) subsystemProductId?: string;
  @Optional() @Text() vendorName?: string;
  @Optional() @Text() productName?: string;
  @Optional() @Hex(6) class?: string;
  @Optional() @Text() className?: string;
  @Optional() @Hex(2) revision?: string;
  @Optional() @Text(128) driver?: string;
  @Optional() @IsIn(FUNCTION_TYPES) functionType?: string;
  @Optional() @IsDeviceId() parentDeviceId?: string;
  @Optional() @Whole(0, 65_535) vfIndex?: number;
  @Optional() @Whole(0, 65_535) totalVfs?: number;
  @Optional() @Whole(0, 65_535) numVfs?: number;
  @Nullable() @Whole() iommuGroup!: number | null;
  @Nullable() @Whole() numaNode!: number | null;
  @Optional() @Text(64) pcieRoot?: string;
  @Optional() @Text(128) slot?: string;
  @Many(() => NetInterface) net!: NetInterface[];
  @Optional() @Text(256) serial?: string;
  @Optional() @IsBoolean() ambiguous?: boolean;
  @Optional() @IsBoolean() bootVga?: boolean;
  @Many(() => HostUse) hostUse!: HostUse[];
  @Optional() @Text(256) physicalNetwork?: string;
  @Optional() @IsBoolean() liveMigratable?: boolean;
  @TextMap() tags!: Record<string, string>;
}

/** Why a device may not be given away. */
export class Ineligibility {
  @Text(64) code!: string;
  @Text() message!: string;
}

/** Who holds a device, and for which request. */
export class DeviceReservation {
  @Token() vmId!: string;
  @Text(256) requestName!: string;
  @Time() since!: string;
}

/** A device as the read side shows it. */
export class Device extends DeviceObservation {
  @Token() hostId!: string;
  @Optional() @Text(256) model?: string;
  @Text(128) deviceType!: string;
  @IsIn([...DEVICE_STATES]) state!: DeviceState;
  @IsBoolean() eligible!: boolean;
  @Many(() => Ineligibility) ineligible!: Ineligibility[];
  @Nullable() @One(() => DeviceReservation) reservation!: DeviceReservation | null;
  @IsBoolean() cordoned!: boolean;
  @Time() firstSeenAt!: string;
  @Time() lastSeenAt!: string;
}
