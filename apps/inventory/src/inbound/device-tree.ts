import type { Device, TreeNode } from '@vfleet/contracts';

/** PCI-to-PCI bridges, root ports and ports of switches among them (PCI code and ID assignment, class 06, subclass 04). */
const isPort = (device: Device): boolean => device.class?.startsWith('0604') === true;

/**
 * Devices below their parents, in the order in which they come; at each level what others are below comes first: root
 * ports and controllers. A device whose parent is not among them stands at the top, and so does one of a circle of them.
 */
export const toTree = (devices: readonly Device[]): TreeNode[] => {
  const known = new Set(devices.map(({ deviceId }) => deviceId));
  const below = new Map<string | undefined, Device[]>();
  for (const device of devices) {
    const parent = device.parentDeviceId !== undefined && known.has(device.parentDeviceId) ? device.parentDeviceId : undefined;
    const siblings = below.get(parent);
    if (siblings) siblings.push(device);
    else below.set(parent, [device]);
  }
  const placed = new Set<string>();
  const nodesOf = (some: readonly Device[]): TreeNode[] => {
    const rank = (device: Device): number => (isPort(device) ? 0 : below.has(device.deviceId) ? 1 : 2);
    return some
      .filter(({ deviceId }) => !placed.has(deviceId) && placed.add(deviceId))
      .map((device) => ({ device, children: nodesOf(below.get(device.deviceId) ?? []) }))
      .sort((a, b) => rank(a.device) - rank(b.device));
  };
  const top = nodesOf(below.get(undefined) ?? []);
  return [...top, ...devices.flatMap((device) => (placed.has(device.deviceId) ? [] : nodesOf([device])))];
};
