import type { DeviceObservation } from './device.js';
import type { NumaPolicy } from './device-request.js';

type Near = (device: Pick<DeviceObservation, 'numaNode'>) => boolean;

const ANYWHERE: readonly Near[] = [() => true];

/**
 * How near to a VM's NUMA nodes a device has to be, the strictest level first; each level holds those before it. A
 * request uses the first level that can serve its full count. A VM that names no nodes is served from anywhere.
 */
export const numaLevels = (policy: NumaPolicy, nodes: readonly number[] = [], sockets: ReadonlyMap<number, number> = new Map()): readonly Near[] => {
  if (nodes.length === 0) return ANYWHERE;
  const own: Near = ({ numaNode }) => numaNode !== null && nodes.includes(numaNode);
  const unknown: Near = ({ numaNode }) => numaNode === null;
  const socketOf = (node: number | null): number | undefined => (node === null ? undefined : sockets.get(node));
  const ownSockets = new Set(nodes.flatMap((node) => socketOf(node) ?? []));
  const socket: Near = (device) => own(device) || ownSockets.has(socketOf(device.numaNode) ?? Number.NaN);
  const legacy: Near = (device) => own(device) || unknown(device);
  switch (policy) {
    case 'required':
      return [own];
    case 'socket':
      return [own, socket];
    case 'legacy':
      return [own, legacy];
    default:
      return [own, legacy, () => true];
  }
};
