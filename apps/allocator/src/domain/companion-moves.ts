import type { DeviceMove } from '@vfleet/contracts';
import type { DeviceObservation } from '@vfleet/pci';
import { topology } from './host.js';
import type { Hold } from './moves.js';
import { keptNetwork } from './network-of.js';
import { isAttached } from './release.js';

/**
 * Members of IOMMU groups that are attached beside what the VM asked for: they are unplugged too. In the place of each
 * comes what goes along on the target and is of the same model, if anything does.
 */
export const companionMoves = (
  { host, held }: Hold,
  moves: readonly DeviceMove[],
  goingAlong: readonly DeviceObservation[],
): readonly DeviceMove[] => {
  const left = [...goingAlong];
  return held.devices.flatMap((reserved) => {
    const { deviceId, address, affected } = reserved;
    const device = host.devices.get(deviceId);
    if (!device || !affected || held.releasing.has(deviceId) || !isAttached(host, held.vmId, deviceId)) return [];
    const members = new Set(
      topology(host)
        .groupOf(device)
        .map((member) => member.deviceId),
    );
    const bringer = moves.find(({ source }) => members.has(source.deviceId));
    if (!bringer || bringer.mode === 'live') return [];
    const place = bringer.target ? left.findIndex((one) => one.vendorId === device.vendorId && one.productId === device.productId) : -1;
    const [target] = place >= 0 ? left.splice(place, 1) : [];
    const { requestName, policy, mode } = bringer;
    return [
      {
        requestName,
        source: { deviceId, address },
        target: target ? { deviceId: target.deviceId, address: target.address } : null,
        mode: target ? mode : ('detach' as const),
        policy,
        ...keptNetwork(reserved, device),
      },
    ];
  });
};
