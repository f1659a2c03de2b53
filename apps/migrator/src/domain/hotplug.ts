import type { DeviceRequest, DomainEvent, HOTPLUG_EVENTS, HotplugDevice } from '@vfleet/contracts';
import type { Order } from './order.js';
import type { Deadlines } from './saga.js';

/** Orders to agents are written down as those of a move are. */
type OrderEvent = DomainEvent<'HostdevPlugRequested' | 'HostdevPlugged' | 'HostdevUnplugRequested' | 'HostdevUnplugged' | 'HostdevCommandFailed'>;
export type HotplugEvent = DomainEvent<keyof typeof HOTPLUG_EVENTS> | OrderEvent;

/** What somebody asked for. */
export type HotplugWish =
  | { readonly verb: 'attach'; readonly devices: readonly DeviceRequest[] }
  | { readonly verb: 'detach'; readonly requestName?: string; readonly deviceId?: string };

/** A device that is plugged or unplugged. */
export interface PluggedDevice extends Readonly<HotplugDevice> {
  /** Where the guest saw it when it was unplugged. */
  readonly guestAddress?: string;
  /** How often it had been ordered to be plugged when it was told to be unplugged. */
  readonly plugsBefore?: number;
}

export interface HotplugOrder extends Order {
  /** `overtaken`: its device has been let go of since it was sent, so that what is said of it may be from before. */
  readonly state: 'requested' | 'done' | 'failed' | 'overtaken';
  /** Why it failed. */
  readonly code?: string;
}

/**
 * Devices that a VM is given, or gives back, without moving.
 *
 *     requested ─► plugging ───────────────────────► completed     attach: held first, then plugged
 *         │            └─► undoing ─► failed                       unplugged again, and given back
 *         ├──────► unplugging ─────────────────────► completed     detach: unplugged first, then given back
 *         │            └─► undoing ─► failed                       plugged again, and still held
 *         └──────► rejected
 *
 * Of a VM that does not run nothing is plugged or unplugged. After the end it may still hear of an order that was given up:
 * what such an order did is taken back.
 */
export interface Hotplug {
  readonly state: 'none' | 'requested' | 'plugging' | 'unplugging' | 'undoing' | 'completed' | 'failed' | 'rejected';
  /** The operation's own id: orders and events name it as those of a move name theirs. */
  readonly migrationId: string;
  readonly vmId: string;
  readonly wish: HotplugWish;
  /** RFC 3339; what was told of the VM before says nothing about it. */
  readonly requestedAt: string;
  readonly hostId: string;
  /** Whether the VM ran when it began. */
  readonly running: boolean;
  /** It has ended since, or runs elsewhere. */
  readonly vmEnded: boolean;
  readonly devices: readonly PluggedDevice[];
  readonly commands: ReadonlyMap<string, HotplugOrder>;
  readonly deadlines: Deadlines;
  /** Why it was refused, is undone, or has failed; the first of several reasons. */
  readonly code?: string;
  readonly message?: string;
}

export const NO_HOTPLUG: Hotplug = {
  state: 'none',
  migrationId: '',
  vmId: '',
  wish: { verb: 'detach' },
  requestedAt: '',
  hostId: '',
  running: false,
  vmEnded: false,
  devices: [],
  commands: new Map(),
  deadlines: { unplug: 30, migrate: 3_600, plug: 30 },
};

const ENDED: ReadonlySet<Hotplug['state']> = new Set(['completed', 'failed', 'rejected']);

/** Nothing more happens by itself. */
export const hasHotplugEnded = ({ state }: Hotplug): boolean => ENDED.has(state);

/** Orders that have been given and not answered. */
export const pendingOrders = ({ commands }: Hotplug): readonly HotplugOrder[] => [...commands.values()].filter(({ state }) => state === 'requested');

/** How often a device was ordered to be plugged. */
export const plugsOf = (hotplug: Hotplug, deviceId: string): number => ordersFor(hotplug, deviceId).filter(({ verb }) => verb === 'attach').length;

export const ordersFor = ({ commands }: Hotplug, deviceId: string): readonly HotplugOrder[] =>
  [...commands.values()].filter((order) => order.deviceId === deviceId);

/** It waits for something, or for an answer that may come after its end. */
export const isHotplugOpen = (hotplug: Hotplug): boolean =>
  hotplug.state !== 'none' && (!hasHotplugEnded(hotplug) || pendingOrders(hotplug).length > 0);

/** When the next order is late, RFC 3339; undefined when none is open. */
export const hotplugDueOf = (hotplug: Hotplug): string | undefined =>
  pendingOrders(hotplug)
    .map(({ deadline }) => deadline)
    .sort()[0];

/** Devices as the outside is told of them. */
export const toHotplugDevices = ({ devices }: Hotplug): HotplugDevice[] => devices.map(({ guestAddress: _, plugsBefore: __, ...device }) => device);

/** Devices that an attachment that came to nothing gives back: an IOMMU group goes whole, so that none of its request may still be plugged. */
export const givenBack = ({ devices, commands }: Hotplug): readonly PluggedDevice[] => {
  const ordered = new Set([...commands.values()].map(({ deviceId }) => deviceId));
  const isOff = ({ where, deviceId }: PluggedDevice): boolean => where === 'unplugged' || !ordered.has(deviceId);
  const stuck = new Set(devices.filter((device) => device.affected && !isOff(device)).map(({ requestName }) => requestName));
  return devices.filter((device) => !device.affected && isOff(device) && !stuck.has(device.requestName));
};
