import type { VfleetClient } from '@vfleet/client';
import { deviceIdOf, type Device } from '@vfleet/contracts';
import { parsePciAddress, pciAddressParts, type DeviceObservation } from '@vfleet/pci';
import type { BusDevice } from './domain/hardware.js';
import type { Remembered } from './domain/identity.js';
import type { SeenDevice } from './domain/observe.js';
import { busSerialText, idsOf, macsOf, pathText, rootText, serialText } from './domain/traits.js';

/** How long the inventory may take to answer; at a first start on a new site there may be none. */
const LONGEST_WAIT_MS = 5_000;
const RETRY_MS = 500;
const PAGE = 1000;

/** Asks the inventory what is known of a host; undefined when nobody answers in time. */
export const askKnownDevices = async (
  client: Pick<VfleetClient, 'requestPages'>,
  hostId: string,
  longestWaitMs = LONGEST_WAIT_MS,
): Promise<readonly SeenDevice[] | undefined> => {
  const deadline = Date.now() + longestWaitMs;
  for (;;) {
    try {
      const devices: Device[] = [];
      for await (const device of client.requestPages('devices.list', { filter: { hostId }, limit: PAGE })) devices.push(device);
      return fromInventory(hostId, devices);
    } catch (error) {
      if (Date.now() + RETRY_MS > deadline) return undefined;
      if ((error as { status?: number }).status !== 503) return undefined;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
};

/** What the agent has told of the devices that the inventory lists; those that it told to be gone are not among them. */
export const fromInventory = (hostId: string, devices: readonly Device[]): readonly SeenDevice[] => {
  const there = devices.filter(
    ({ identity, deviceId, state }) => state !== 'removed' && state !== 'missing' && deviceId === deviceIdOf(hostId, identity),
  );
  const byId = new Map(there.map((device) => [device.deviceId, device]));
  const roots = rootsOf(there);
  return there.map((device) => ({ observation: toObservation(device), memory: toMemory(device, byId, roots) }));
};

/** What the inventory says of a device beside what its agent observed. */
const BEYOND_OBSERVATION = new Set([
  'hostId',
  'model',
  'deviceType',
  'state',
  'eligible',
  'ineligible',
  'reservation',
  'cordoned',
  'firstSeenAt',
  'lastSeenAt',
]);

const toObservation = (device: Device): DeviceObservation =>
  Object.fromEntries(Object.entries(device).filter(([key]) => !BEYOND_OBSERVATION.has(key))) as unknown as DeviceObservation;

const toMemory = (device: Device, byId: ReadonlyMap<string, Device>, roots: ReadonlyMap<string, string>): Remembered => {
  const serial = serialOfKnown(device);
  const path = pathOfKnown(device, byId, roots);
  return { identity: device.identity, macs: macsOf(device), ...(serial !== undefined && { serial }), ...(path !== undefined && { path }) };
};

const serialOfKnown = (device: Device): string | undefined => {
  if (device.kind !== 'pci') return busSerialText({ ...device, kind: device.kind as BusDevice['kind'] });
  const address = parsePciAddress(device.address);
  const { vendorId, productId, serial } = device;
  return serialText({ vendorId, productId, serial, functionNumber: address ? pciAddressParts(address).fn : 0 });
};

/** Root bridges by their bus, read off devices on that bus that are known by their path, as root ports are. */
const rootsOf = (devices: readonly Device[]): ReadonlyMap<string, string> => {
  const roots = new Map<string, string>();
  for (const { kind, identity, address, parentDeviceId } of devices) {
    const [, root] = /^path:([^/]+\/[^/]+)\/[^/|]+\|/.exec(identity) ?? [];
    if (kind === 'pci' && root !== undefined && parentDeviceId === undefined) roots.set(busOf(address), root);
  }
  return roots;
};

const busOf = (address: string): string => address.slice(0, address.lastIndexOf(':'));

/** Goes up from a device to its root bus; undefined where a bridge between is not known. */
const pathOfKnown = (device: Device, byId: ReadonlyMap<string, Device>, roots: ReadonlyMap<string, string>): string | undefined => {
  if (device.identity.startsWith('path:')) return device.identity;
  if (device.kind !== 'pci') return undefined;
  const way = [device.address];
  let top: Device | undefined = device;
  while (top?.parentDeviceId !== undefined && way.length < 256) {
    top = byId.get(top.parentDeviceId);
    if (top) way.unshift(top.address);
  }
  const root = top && (roots.get(busOf(top.address)) ?? rootText(top.address, '#0'));
  return root === undefined ? undefined : pathText(root, way, idsOf(device));
};
