import type { DeviceObservation } from './device.js';
import { deriveDeviceType, type BuiltInDeviceType } from './device-type.js';
import type { Attributes } from './match.js';

/** What is not in a device's observation because it follows from its kind or, for a VF, from its PF. */
export interface Traits {
  readonly deviceType: BuiltInDeviceType;
  /** Interface name of the PF; a PF's own. */
  readonly pf: string | undefined;
  readonly physicalNetwork: string | undefined;
  readonly linkType: string | undefined;
  readonly speedMbps: number | undefined;
}

export const traitsOf = (device: DeviceObservation, pfOfVf: DeviceObservation | undefined): Traits => {
  const pf = device.functionType === 'vf' ? pfOfVf : device;
  const net = device.net[0];
  return {
    deviceType: deriveDeviceType(device),
    pf: pf?.net[0]?.ifname,
    physicalNetwork: device.physicalNetwork ?? pf?.physicalNetwork,
    linkType: net?.linkType ?? pf?.net[0]?.linkType,
    speedMbps: net?.speedMbps ?? pf?.net[0]?.speedMbps,
  };
};

/** What a match may ask of a device: the observation, and its traits. */
export const describeDevice = (device: DeviceObservation, pfOfVf: DeviceObservation | undefined): Attributes => ({
  ...device,
  ...traitsOf(device, pfOfVf),
});
