import type { DeviceObservation } from './device.js';
import { deriveDeviceType } from './device-type.js';
import type { Attributes } from './match.js';

/** What a match may ask of a device: the observation, and what follows from it and, for a VF, from its PF. */
export const describeDevice = (device: DeviceObservation, pfOfVf: DeviceObservation | undefined): Attributes => {
  const pf = device.functionType === 'vf' ? pfOfVf : device;
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
