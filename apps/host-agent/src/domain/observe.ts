import { deviceIdOf } from '@vfleet/contracts';
import type { DeviceObservation } from '@vfleet/pci';
import type { PciFunction } from './hardware.js';
import { identify, remember, type Identified, type Remembered } from './identity.js';

/** Names of ids and classes, from a PCI id database; none where there is no database. */
export interface PciNames {
  readonly vendor: (vendorId: string) => string | undefined;
  readonly product: (vendorId: string, productId: string) => string | undefined;
  readonly class: (code: string) => string | undefined;
}

/** A device as it is reported, and by what it will be recognised. */
export interface SeenDevice {
  readonly observation: DeviceObservation;
  readonly memory: Remembered;
}

/** Makes observations of functions; what the operator configured is not in them yet. */
export const observe = (hostId: string, functions: readonly PciFunction[], before: readonly SeenDevice[], names: PciNames): readonly SeenDevice[] => {
  const identities = identify(
    functions,
    before.map(({ memory }) => memory),
  );
  const memories = new Map(before.map(({ memory }) => [memory.identity, memory]));
  const idAt = new Map<string, string>(before.map(({ observation }) => [observation.address, observation.deviceId]));
  for (const [address, { identity }] of identities) idAt.set(address, deviceIdOf(hostId, identity));
  return functions.map((one) => {
    const { identity, ambiguous } = identities.get(one.address) as Identified;
    const observation = toObservation(one, identity, idAt, names);
    return { observation: ambiguous ? { ...observation, ambiguous } : observation, memory: remember(one, identity, memories.get(identity)) };
  });
};

const toObservation = (one: PciFunction, identity: string, idAt: ReadonlyMap<string, string>, names: PciNames): DeviceObservation => {
  const { rootBridge: _, bridges, functionNumber: __, vfOf, ...shown } = one;
  const parent = vfOf?.pf ?? bridges.at(-1);
  return {
    deviceId: idAt.get(one.address) as string,
    identity,
    kind: 'pci',
    ...shown,
    ...nameIds(one, names),
    functionType: vfOf ? 'vf' : (one.totalVfs ?? 0) > 0 ? 'pf' : 'plain',
    ...(parent !== undefined && idAt.has(parent) && { parentDeviceId: idAt.get(parent) }),
    ...(vfOf && { vfIndex: vfOf.index }),
    pcieRoot: bridges[0] ?? one.address,
    tags: {},
  };
};

const nameIds = ({ vendorId, productId, class: code }: PciFunction, names: PciNames): Partial<DeviceObservation> => {
  const vendorName = vendorId && names.vendor(vendorId);
  const productName = vendorId && productId && names.product(vendorId, productId);
  const className = code && names.class(code);
  return { ...(vendorName && { vendorName }), ...(productName && { productName }), ...(className && { className }) };
};

/** Bridges before what is below them, PFs before their VFs: nobody has to wait for a parent. */
export const parentsFirst = (devices: readonly SeenDevice[]): readonly SeenDevice[] => {
  const byId = new Map(devices.map((device) => [device.observation.deviceId, device]));
  const ordered = new Set<SeenDevice>();
  const place = (device: SeenDevice, depth: number): void => {
    const parent = byId.get(device.observation.parentDeviceId ?? '');
    if (parent && !ordered.has(parent) && depth < MAX_DEPTH) place(parent, depth + 1);
    ordered.add(device);
  };
  for (const device of devices) place(device, 0);
  return [...ordered];
};

/** PCI has 256 buses per domain. */
const MAX_DEPTH = 256;
