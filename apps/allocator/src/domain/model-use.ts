import type { Model } from '@vfleet/contracts';
import type { Fleet } from './decision.js';

/** A device that a VM holds, or has not given back entirely. */
export interface HeldDevice {
  readonly hostId: string;
  readonly deviceId: string;
  readonly address: string;
  readonly vmId: string;
}

/** Held devices that are of a model, by host. Looks at every host that the model covers: for questions that are rarely asked. */
export const heldDevicesOf = (fleet: Fleet, model: Model): readonly HeldDevice[] => {
  const { rules } = fleet.catalog();
  const hostIds = model.hostIds ?? [...fleet.hostIds()];
  return hostIds.flatMap((hostId) => {
    const host = fleet.host(hostId);
    return [...(host?.holders ?? [])].flatMap(([deviceId, vmId]) => {
      const device = host?.devices.get(deviceId);
      return device && rules.modelOf(hostId, device)?.model === model.model ? [{ hostId, deviceId, address: device.address, vmId }] : [];
    });
  });
};
