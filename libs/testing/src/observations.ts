import { deviceIdOf, type DeviceObservation } from '@vfleet/contracts';

/** An observation of which only what matters is said: a network function of its own IOMMU group, bound to vfio-pci. */
export const aDevice = (hostId: string, address: string, more: Partial<DeviceObservation> = {}): DeviceObservation => {
  const identity = more.identity ?? `test:${address}`;
  return {
    deviceId: deviceIdOf(hostId, identity),
    identity,
    kind: 'pci',
    address,
    vendorId: '8086',
    productId: '10ca',
    class: '020000',
    driver: 'vfio-pci',
    functionType: 'plain',
    iommuGroup: null,
    numaNode: null,
    net: [],
    hostUse: [],
    tags: {},
    ...more,
  };
};
