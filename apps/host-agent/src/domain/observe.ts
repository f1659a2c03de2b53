import { deviceIdOf } from '@vfleet/contracts';
import type { DeviceObservation } from '@vfleet/pci';
import type { BusDevice, HardwareScan, PciFunction } from './hardware.js';
import { identify, remember, type Identified, type Remembered } from './identity.js';
import { busTraitsOf, traitsOf } from './traits.js';

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

/** Makes observations of what a scan saw; what the operator configured is not in them yet. */
export const observe = (
  hostId: string,
  { functions, others, unseenUses = [] }: Pick<HardwareScan, 'functions' | 'others' | 'unseenUses'>,
  before: readonly SeenDevice[],
  names: PciNames,
): readonly SeenDevice[] => {
  const controllers = new Map<string, PciFunction>(functions.map((one) => [one.address, one]));
  const traits = [...functions.map(traitsOf), ...others.map((one) => busTraitsOf(one, controllers.get(one.controller ?? '')))];
  const identities = identify(
    traits,
    before.map(({ memory }) => memory),
  );
  const memories = new Map(before.map(({ memory }) => [memory.identity, memory]));
  const ids = new Map<string, string>(before.map(({ observation }) => [observation.address, observation.deviceId]));
  for (const [address, { identity }] of identities) ids.set(address, deviceIdOf(hostId, identity));
  const usedBefore = new Map(before.map(({ observation }) => [observation.deviceId, observation.hostUse]));
  const shown = [
    ...functions.map((one) => observeFunction(one, ids, names)),
    ...others.map((one) => observeOther(one, controllers.get(one.controller ?? ''), ids)),
  ];
  return traits.map((one, index) => {
    const { identity, ambiguous } = identities.get(one.address) as Identified;
    const deviceId = ids.get(one.address) as string;
    const now = shown[index] as Shown;
    const unseen = (usedBefore.get(deviceId) ?? []).filter(({ code }) => unseenUses.some((other) => other === code));
    const observation = { deviceId, identity, ...now, hostUse: [...now.hostUse, ...unseen], tags: {}, ...(ambiguous && { ambiguous }) };
    return { observation, memory: remember(one, identity, memories.get(identity)) };
  });
};

type Shown = Omit<DeviceObservation, 'deviceId' | 'identity' | 'tags'>;
type Ids = ReadonlyMap<string, string>;

const parentId = (parent: string | undefined, ids: Ids): { readonly parentDeviceId?: string } => {
  const parentDeviceId = parent === undefined ? undefined : ids.get(parent);
  return parentDeviceId === undefined ? {} : { parentDeviceId };
};

const observeFunction = (one: PciFunction, ids: Ids, names: PciNames): Shown => {
  const { rootBridge: _, bridges, functionNumber: __, vfOf, behind, ...shown } = one;
  return {
    kind: 'pci',
    ...shown,
    ...nameIds(one, names),
    functionType: vfOf ? 'vf' : (one.totalVfs ?? 0) > 0 ? 'pf' : 'plain',
    ...parentId(vfOf?.pf ?? bridges.at(-1) ?? behind, ids),
    ...(vfOf && { vfIndex: vfOf.index }),
    pcieRoot: bridges[0] ?? one.address,
  };
};

/** A device on another bus is as near to a NUMA node as what it hangs on; IOMMU groups are of PCI. */
const observeOther = (one: BusDevice, controller: PciFunction | undefined, ids: Ids): Shown => {
  const { controller: at, above, place: _, ...shown } = one;
  return {
    ...shown,
    ...parentId(above ?? at, ids),
    iommuGroup: null,
    numaNode: controller?.numaNode ?? null,
    ...(controller && { pcieRoot: controller.bridges[0] ?? controller.address }),
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
