import type { DeviceId } from './ids.js';

export type DeviceKind = 'pci' | 'usb' | 'scsi' | 'mdev';
/** `pf`: SR-IOV capable (`totalVfs` above 0); `vf`: a virtual function; `plain`: anything else. */
export type FunctionType = 'pf' | 'vf' | 'plain';
/** `not-reset`: a VM has left the device, and it has not been reset since; the host itself does not need it. */
export type HostUseCode =
  | 'root-disk'
  | 'mounted'
  | 'default-route'
  | 'bridge-port'
  | 'bond-member'
  | 'boot-vga'
  | 'management'
  | 'excluded'
  | 'not-reset';

export interface NetInterface {
  readonly ifname: string;
  readonly mac: string;
  readonly permanentMac?: string;
  readonly speedMbps?: number;
  readonly carrier?: boolean;
  readonly physPortId?: string;
  readonly physSwitchId?: string;
  readonly linkType?: string;
}

/** What on the host itself needs the device. */
export interface HostUse {
  readonly code: string;
  readonly detail: string;
}

/** One device as its host's agent saw it. Ids and class are lower-case hex without `0x`. */
export interface DeviceObservation {
  readonly deviceId: string;
  readonly identity: string;
  readonly kind: string;
  readonly address: string;
  readonly name?: string;
  readonly vendorId?: string;
  readonly productId?: string;
  readonly subsystemVendorId?: string;
  readonly subsystemProductId?: string;
  readonly vendorName?: string;
  readonly productName?: string;
  /** Six hex digits: class, subclass, programming interface. */
  readonly class?: string;
  readonly className?: string;
  /** Two hex digits. */
  readonly revision?: string;
  readonly driver?: string;
  readonly functionType?: string;
  /** A VF's PF; another function's bridge or controller. */
  readonly parentDeviceId?: string;
  readonly vfIndex?: number;
  readonly totalVfs?: number;
  readonly numVfs?: number;
  readonly iommuGroup: number | null;
  readonly numaNode: number | null;
  /** Address of the root port, or of the device itself on a root bus. */
  readonly pcieRoot?: string;
  readonly slot?: string;
  readonly net: readonly NetInterface[];
  readonly serial?: string;
  /** Two devices of this host have one identity: given to nobody. */
  readonly ambiguous?: boolean;
  readonly bootVga?: boolean;
  readonly hostUse: readonly HostUse[];
  readonly physicalNetwork?: string;
  readonly liveMigratable?: boolean;
  readonly tags: Readonly<Record<string, string>>;
}

/** A device with what the control plane knows beside the observation; the laws of this library judge this. */
export interface KnownDevice {
  readonly observation: DeviceObservation;
  /** The VM that holds it, releasing included. */
  readonly vmId?: string;
  readonly cordoned: boolean;
  /** Vanished while held. */
  readonly missing: boolean;
}

export type DevicesById = ReadonlyMap<DeviceId, KnownDevice>;

/** The two hex digits of a base class: `02` network, `06` bridge; undefined for kinds without classes. */
export const baseClass = (device: Pick<DeviceObservation, 'class'>): string | undefined => device.class?.slice(0, 2);
