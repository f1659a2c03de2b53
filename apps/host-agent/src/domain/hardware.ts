import type { DeviceKind, HostUse, HostUseCode, NetInterface, PciAddress } from '@vfleet/pci';

/** A PCI function as the machine shows it at one moment, before anybody gives it an identity or a name. */
export interface PciFunction {
  readonly address: PciAddress;
  /** The root bridge within its domain: its firmware path, else `#` and its ordinal. Never a bus number. */
  readonly rootBridge: string;
  /** The bridges above it, from the root bus down. */
  readonly bridges: readonly PciAddress[];
  /** The function whose own root bus this one is on, as with Intel's VMD. */
  readonly behind?: PciAddress;
  /** Function number within its card; with ARI the slot bits count too, as 0 to 255. */
  readonly functionNumber: number;
  readonly vendorId?: string;
  readonly productId?: string;
  readonly subsystemVendorId?: string;
  readonly subsystemProductId?: string;
  readonly class?: string;
  readonly revision?: string;
  readonly driver?: string;
  /** Above 0 for an SR-IOV capable function. */
  readonly totalVfs?: number;
  readonly numVfs?: number;
  /** Of a virtual function: the physical one that it is part of, and which it is of its functions. */
  readonly vfOf?: { readonly pf: PciAddress; readonly index: number };
  readonly iommuGroup: number | null;
  readonly numaNode: number | null;
  readonly slot?: string;
  readonly serial?: string;
  readonly bootVga?: boolean;
  readonly net: readonly NetInterface[];
  readonly hostUse: readonly HostUse[];
}

/** A device on another bus than PCI, as the machine shows it: USB, a logical unit of SCSI, a mediated device. */
export interface BusDevice {
  readonly kind: 'usb' | 'scsi' | 'mdev';
  readonly address: string;
  /** The PCI function that it hangs on; undefined where there is none, as of a disk on the network. */
  readonly controller?: PciAddress;
  /** The device right above it that is no PCI function: the USB device that a disk is part of. */
  readonly above?: string;
  /** Its place below the controller, free of numbers that the kernel counts up: `usb0/3.1`, `scsi0/0:1:3`. */
  readonly place: string;
  readonly vendorId?: string;
  readonly productId?: string;
  readonly vendorName?: string;
  readonly productName?: string;
  readonly class?: string;
  readonly className?: string;
  readonly driver?: string;
  readonly serial?: string;
  readonly net: readonly NetInterface[];
  readonly hostUse: readonly HostUse[];
}

/** A device that is there and could not be read; it is not to be taken for removed. */
export interface UnreadableDevice {
  readonly address: string;
  readonly message: string;
}

export interface HardwareScan {
  /** Sorted by address. */
  readonly functions: readonly PciFunction[];
  /** Devices of the other buses, those above others first. */
  readonly others: readonly BusDevice[];
  readonly unreadable: readonly UnreadableDevice[];
  /** Kinds that could not be listed at all: none of their devices is to be taken for removed. */
  readonly unlisted: readonly DeviceKind[];
  /** Codes of host use that could not be looked for: what was told of them is not to be taken for over. */
  readonly unseenUses?: readonly HostUseCode[];
}

/** What a host says of itself beside its devices; all of it where known. */
export interface HostFacts {
  readonly hostname: string;
  readonly kernel?: string;
  readonly iommu?: { readonly enabled: boolean; readonly type?: string };
  readonly numaNodes?: readonly { readonly id: number; readonly socket?: number }[];
}

/** Where an agent gets its hardware from: a real sysfs, or a simulation. */
export interface Hardware {
  /**
   * The very object of before means that nothing has changed since.
   * @throws NothingToScan when there is no hardware to be seen at all, which never means that all of it was removed.
   */
  scan(): HardwareScan;
  describeHost(): HostFacts;
}
