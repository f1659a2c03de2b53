import type { Attachment } from '@vfleet/contracts';

/** What a driver is asked to do with one device of one VM. */
export interface DeviceOrder {
  readonly commandId: string;
  /** The VM's name or UUID, as its hypervisor knows it. */
  readonly vmId: string;
  readonly deviceId: string;
  /** Where the device is on the host now. */
  readonly address: string;
  /** Given to a virtual function; any other device has its own. */
  readonly mac?: string;
  /** As `mac`. 0 means none. */
  readonly vlan?: number;
  /** Where the guest is to see it, as far as that place is free there. */
  readonly guestAddress?: string;
  /** Of a virtual function: its PF's interface, and which of its functions it is. */
  readonly vf?: { readonly pf: string; readonly index: number };
  /** Milliseconds left. With none left a driver only looks, and says what is so. */
  readonly deadlineMs: number;
}

export type HostdevFailure = 'GUEST_REFUSED' | 'TIMEOUT' | 'VM_NOT_FOUND' | 'DEVICE_BUSY' | 'DEVICE_NOT_FOUND' | 'DRIVER_ERROR';

export interface Done {
  readonly done: 'attached' | 'detached';
  /** Where the guest sees it, or saw it, if the hypervisor tells. */
  readonly guestAddress?: string;
  /** Why the VM could not be moved as it is now; asked for after a detach that belongs to a move. */
  readonly migrationBlockers?: readonly string[];
  /** Only of a simulation: nobody is told before somebody asks again. */
  readonly untold?: true;
}
export interface Failed {
  readonly failed: HostdevFailure;
  readonly message: string;
}
export type Outcome = Done | Failed;

export const failed = (code: HostdevFailure, message: string): Failed => ({ failed: code, message });

/**
 * A hypervisor as the agent uses it. A driver looks at the real state before it acts: what is attached already is
 * attached, what is not attached is detached. It takes nobody's word for it that a device is out of a guest.
 */
export interface HypervisorDriver {
  /** @throws the signal's reason when it is aborted; what has been begun may then still happen. */
  attach(order: DeviceOrder, signal: AbortSignal): Promise<Outcome>;
  /** As `attach`. */
  detach(order: DeviceOrder, signal: AbortSignal): Promise<Outcome>;
  /** Every device that a VM of this host has; undefined where that cannot be seen for all of them. */
  attachments(): Promise<readonly Attachment[] | undefined>;
  /** Why a VM could not be moved as it is; nothing said means that nothing is known against it. */
  preflight(vmId: string): Promise<readonly string[]>;
  describe(): Promise<{ readonly driver: string; readonly version?: string }>;
  close(): Promise<void>;
}

/** What a driver is told about its host, and whom it tells what it sees by itself. */
export interface DriverSurroundings {
  /** Where a device is now; undefined for one that the agent does not see. */
  readonly addressOf: (deviceId: string) => string | undefined;
  /** A device may have come or gone without an order being under way. */
  readonly changed: () => void;
}

/** The name that a hypervisor gives to a device which this agent attached. */
export const hostdevName = (deviceId: string): string => `vf-${deviceId}`;
/** The other way round; undefined for a device that somebody else attached. */
export const parseHostdevName = (name: string): string | undefined => /^vf-([0-9a-f]{20})$/.exec(name)?.[1];
