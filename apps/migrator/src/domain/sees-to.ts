import { isHotplug, type Undertaking } from './undertaking.js';

/**
 * Whether what is under way with a VM plugs and unplugs a device itself, so that whatever has ended before it must not;
 * undefined as long as it is not known which devices it is about.
 */
export const seesTo = (active: Undertaking | undefined, deviceId: string): boolean | undefined => {
  if (!active) return false;
  if (active.state === 'requested') return undefined;
  if (isHotplug(active)) return active.devices.some((device) => device.deviceId === deviceId);
  return active.devices.some(({ move: { source, target } }) => source.deviceId === deviceId || target?.deviceId === deviceId);
};
