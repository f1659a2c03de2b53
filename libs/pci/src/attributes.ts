import type { DeviceObservation } from './device.js';
import { deriveDeviceType } from './device-type.js';
import type { Attributes } from './match.js';
import type { Topology } from './topology.js';

/** What a match may ask of a device: the observation, and what follows from it and its host. */
export const attributesOf = (device: DeviceObservation, topology: Topology): Attributes => {
  const pf = device.functionType === 'vf' ? topology.pfOf(device) : device;
  const net = device.net[0];
  return {
    ...device,
    deviceType: deriveDeviceType(device),
    pf: pf?.net[0]?.ifname,
    physicalNetwork: device.physicalNetwork ?? pf?.physicalNetwork,
    linkType: net?.linkType ?? pf?.net[0]?.linkType,
    speedMbps: net?.speedMbps ?? pf?.net[0]?.speedMbps,
  };
};
