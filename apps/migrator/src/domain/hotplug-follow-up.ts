import {
  givenBack,
  hasHotplugEnded,
  ordersFor,
  pendingOrders,
  plugsOf,
  toHotplugDevices,
  type Hotplug,
  type HotplugEvent,
  type HotplugOrder,
  type PluggedDevice,
} from './hotplug.js';
import { NOT_HELD, VM_ENDED } from './saga.js';

/** How often a device is plugged back until it is left where it is. */
const MAX_REPLUGS = 3;
/** An agent keeps the deadline itself; its word has so long to arrive, in milliseconds. */
const GRACE_MS = 1_000;

/** What follows from where an operation stands, without anything new from outside. Empty when it waits for somebody. */
export const hotplugFollowUp = (hotplug: Hotplug, now: string): readonly HotplugEvent[] => {
  switch (hotplug.state) {
    case 'plugging':
      return plugging(hotplug, now);
    case 'unplugging':
      return unplugging(hotplug, now);
    case 'undoing':
      return undoing(hotplug, now);
    case 'failed':
      return corrections(hotplug, now);
    default:
      return [];
  }
};

const plugging = (hotplug: Hotplug, now: string): readonly HotplugEvent[] => {
  const { devices, running } = hotplug;
  if (hotplug.vmEnded) return [vmEnded(hotplug)];
  const off = devices.filter(({ where }) => where !== 'attached');
  if (!running || off.length === 0) return [completed(hotplug, now)];
  const fresh = off.filter((device) => isFresh(hotplug, device));
  if (fresh.length > 0) return fresh.map((device, index) => plug(hotplug, device, index, now));
  return pendingOrders(hotplug).length > 0 ? [] : [undo(hotplug, hotplug.code, hotplug.message)];
};

const unplugging = (hotplug: Hotplug, now: string): readonly HotplugEvent[] => {
  if (hotplug.vmEnded) return [vmEnded(hotplug)];
  const on = hotplug.devices.filter(({ where }) => where !== 'unplugged');
  const fresh = on.filter((device) => isFresh(hotplug, device));
  if (fresh.length > 0) return fresh.map((device, index) => unplug(hotplug, device, index, now));
  return on.length === 0 || pendingOrders(hotplug).length > 0 ? [] : [undo(hotplug, hotplug.code, hotplug.message)];
};

/** What the VM holds in its next run its platform says, and nothing is taken from that. */
const vmEnded = (hotplug: Hotplug): HotplugEvent => undo(hotplug, VM_ENDED, `${hotplug.vmId} has ended meanwhile, or runs elsewhere`);

const isFresh = (hotplug: Hotplug, { deviceId }: PluggedDevice): boolean => ordersFor(hotplug, deviceId).length === 0;

/** Ends once nothing more can be put back. What was held for it is given back before. */
const undoing = (hotplug: Hotplug, now: string): readonly HotplugEvent[] => {
  const more = corrections(hotplug, now);
  if (more.length > 0 || pendingOrders(hotplug).length > 0) return more;
  return hotplug.wish.verb === 'attach' && givenBack(hotplug).length > 0 ? [] : [failed(hotplug, now)];
};

/**
 * Devices that are not where they were before go back there, also when it is told late that they are not. What an order has
 * plugged into a VM's next run is unplugged once the operation has ended, where that run does not hold it.
 */
const corrections = (hotplug: Hotplug, now: string): readonly HotplugEvent[] => {
  const { devices, wish, vmEnded } = hotplug;
  if (vmEnded && !hasHotplugEnded(hotplug)) return [];
  return vmEnded || wish.verb === 'attach'
    ? devices.filter((device) => isToBeUnplugged(hotplug, device)).map((device, index) => unplug(hotplug, device, index, now))
    : devices.filter((device) => isToBeReplugged(hotplug, device)).map((device, index) => plug(hotplug, device, index, now));
};

/** It was plugged in, or may have been, by this operation; what was refused to be unplugged stays. */
const isToBeUnplugged = (hotplug: Hotplug, { deviceId, where }: PluggedDevice): boolean => {
  const last = ordersFor(hotplug, deviceId).at(-1);
  return where !== 'unplugged' && last !== undefined && last.state !== 'requested' && !isRefused(last);
};

const isRefused = ({ verb, state, code }: HotplugOrder): boolean => verb === 'detach' && state === 'failed' && code !== VM_ENDED;

/** An agent that has it plugged in already does nothing. */
const isToBeReplugged = (hotplug: Hotplug, { deviceId, where, plugsBefore = 0 }: PluggedDevice): boolean => {
  const orders = ordersFor(hotplug, deviceId);
  const tries = plugsOf(hotplug, deviceId) - plugsBefore;
  return where !== 'attached' && orders.at(-1)?.state !== 'requested' && tries < MAX_REPLUGS && !orders.some(isLeft);
};

const isLeft = ({ verb, code }: HotplugOrder): boolean => verb === 'attach' && code === NOT_HELD;

export const undo = (hotplug: Hotplug, code = 'TIMEOUT', message = ''): HotplugEvent => ({
  type: 'HotplugUndoing',
  data: { ...names(hotplug), code, message },
});

export const completed = (hotplug: Hotplug, at: string): HotplugEvent => ({
  type: 'HotplugCompleted',
  data: { ...names(hotplug), hostId: hotplug.hostId, verb: hotplug.wish.verb, devices: toHotplugDevices(hotplug), at },
});

export const failed = (hotplug: Hotplug, at: string): HotplugEvent => ({
  type: 'HotplugFailed',
  data: {
    ...names(hotplug),
    hostId: hotplug.hostId,
    verb: hotplug.wish.verb,
    code: hotplug.code ?? 'TIMEOUT',
    message: hotplug.message ?? '',
    devices: toHotplugDevices(hotplug),
    at,
  },
});

const plug = (hotplug: Hotplug, device: PluggedDevice, index: number, now: string): HotplugEvent => ({
  type: 'HostdevPlugRequested',
  data: {
    ...command(hotplug, device, index),
    deadline: later(now, hotplug.deadlines.plug),
    ...(device.mac !== undefined && { mac: device.mac }),
    ...(device.vlan !== undefined && { vlan: device.vlan }),
    ...(device.guestAddress !== undefined && { guestAddress: device.guestAddress }),
  },
});

const unplug = (hotplug: Hotplug, device: PluggedDevice, index: number, now: string): HotplugEvent => ({
  type: 'HostdevUnplugRequested',
  data: { ...command(hotplug, device, index), deadline: later(now, hotplug.deadlines.unplug) },
});

/** Orders are numbered within their operation, so that deciding twice makes the same ones. */
const command = (hotplug: Hotplug, { deviceId, address }: PluggedDevice, index: number) => ({
  ...names(hotplug),
  commandId: `${hotplug.migrationId}-${hotplug.commands.size + index + 1}`,
  hostId: hotplug.hostId,
  deviceId,
  address,
});

export const names = ({ migrationId, vmId }: Hotplug): { readonly migrationId: string; readonly vmId: string } => ({ migrationId, vmId });

const later = (now: string, seconds: number): string => new Date(Date.parse(now) + seconds * 1_000 + GRACE_MS).toISOString();
