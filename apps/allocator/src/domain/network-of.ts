import type { ReservedDevice } from '@vfleet/contracts';
import type { DeviceObservation } from '@vfleet/pci';

/** The highest id that a VLAN can have; IEEE 802.1Q keeps 4095. */
const MAX_VLAN = 4_094;
/** Of a VF that nobody has given one. */
const NO_MAC = '00:00:00:00:00:00';

/** MAC and VLAN, as far as they are known. */
export interface Network {
  readonly mac?: string | undefined;
  readonly vlan?: number | undefined;
}

/**
 * What a VM that is given a device has for a MAC and a VLAN. A device that is bound to VFIO tells no MAC, and none tells its
 * VLAN: that is the operator's tag `vlan`.
 */
export const networkOf = ({ net, tags }: Pick<DeviceObservation, 'net' | 'tags'>): Pick<ReservedDevice, 'mac' | 'vlan'> => {
  const mac = net[0]?.mac === NO_MAC ? undefined : net[0]?.mac;
  const vlan = vlanOf(tags['vlan']);
  return { ...(mac !== undefined && { mac }), ...(vlan !== undefined && { vlan }) };
};

const vlanOf = (tag: string | undefined): number | undefined => {
  const vlan = tag !== undefined && /^\d{1,4}$/.test(tag) ? Number(tag) : undefined;
  return vlan !== undefined && vlan <= MAX_VLAN ? vlan : undefined;
};

/** What a VM has on a device that it holds: what was kept when it was given, else what the device tells now. */
export const keptNetwork = ({ mac, vlan }: Network, device: Pick<DeviceObservation, 'net' | 'tags'>): Pick<ReservedDevice, 'mac' | 'vlan'> => ({
  ...networkOf(device),
  ...(mac !== undefined && { mac }),
  ...(vlan !== undefined && { vlan }),
});
