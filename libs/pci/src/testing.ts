import type { DeviceObservation } from './device.js';
import type { Circumstances } from './eligibility.js';
import { topologyOf } from './topology.js';

/** A network function that anybody may have, alone in its IOMMU group; what matters to a spec is said over it. */
export const aDevice = (over: Partial<DeviceObservation> = {}): DeviceObservation => {
  const { address = '0000:28:00.0' } = over;
  return {
    deviceId: address.replaceAll(/[^0-9a-f]/g, '').padStart(20, '0'),
    identity: `path:${address}`,
    kind: 'pci',
    address,
    vendorId: '8086',
    productId: '1572',
    class: '020000',
    functionType: 'plain',
    iommuGroup: Number.parseInt(address.replaceAll(/[^0-9a-f]/g, '').slice(-6), 16),
    numaNode: null,
    net: [],
    hostUse: [],
    tags: {},
    ...over,
  };
};

/** A PF and its VFs, each in an IOMMU group of its own; the VFs carry `name`. */
export const aPfWithVfs = (
  pf: Partial<DeviceObservation> & { readonly address: string },
  vfAddresses: readonly string[],
  name = '10GE',
): DeviceObservation[] => {
  const parent = aDevice({ functionType: 'pf', totalVfs: 8, numVfs: vfAddresses.length, ...pf });
  const vfs = vfAddresses.map((address, vfIndex) =>
    aDevice({ address, functionType: 'vf', productId: '154c', parentDeviceId: parent.deviceId, vfIndex, name, numaNode: parent.numaNode }),
  );
  return [parent, ...vfs];
};

/** A healthy host with these devices, nobody holding anything; `holders` may be said by address. */
export const aHost = (
  devices: readonly DeviceObservation[],
  over: Partial<Omit<Circumstances, 'topology' | 'holders'>> & { readonly heldBy?: Readonly<Record<string, string>> } = {},
): Circumstances => {
  const { heldBy = {}, ...rest } = over;
  const idOf = (address: string): string => devices.find((device) => device.address === address)?.deviceId ?? address;
  return {
    topology: topologyOf(new Map(devices.map((device) => [device.deviceId, device]))),
    holders: new Map(Object.entries(heldBy).map(([address, vmId]) => [idOf(address), vmId])),
    cordoned: new Set(),
    missing: new Set(),
    stale: false,
    unsafeIommuGroups: false,
    modelOf: () => undefined,
    customDisabled: false,
    ...rest,
  };
};
