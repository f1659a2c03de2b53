import type { DomainEvent, FactOf, ReservedDevice } from '@vfleet/contracts';
import type { DeviceObservation } from '@vfleet/pci';
import type { Fleet, Surroundings } from './decision.js';
import type { Host } from './host.js';
import { networkOf } from './network-of.js';
import { isRunning } from './vm.js';

type Attachment = NonNullable<FactOf<'InventoryAttested'>['data']['attachments']>[number];

/**
 * Attachments that no reservation covers. A device that nobody holds becomes the VM's, for it is in use, whoever gave it;
 * of a VM that has ended it is on its way back at once, and that nobody has told of the VM is told. One that another VM holds is told as disputed, once.
 */
export const takeOver = (fleet: Fleet, host: Host, attachments: readonly Attachment[], surroundings: Surroundings): readonly DomainEvent[] => {
  const uncovered = attachments.filter((one) => !isCovered(host, one));
  const byVm = new Map<string, DeviceObservation[]>();
  const events: DomainEvent[] = [];
  for (const { vmId, address } of uncovered) {
    const device = deviceAt(host, address);
    if (!device) continue;
    const holder = host.holders.get(device.deviceId);
    if (holder === undefined) byVm.set(vmId, [...new Set([...(byVm.get(vmId) ?? []), device])]);
    else if (host.seen?.attachments?.includes(`${vmId} ${address}`) !== true)
      events.push({ type: 'AttachmentDisputed', data: { vmId, hostId: host.hostId, deviceId: device.deviceId, address, holder } });
  }
  return [...events, ...[...byVm].flatMap(([vmId, devices]) => adopt(fleet, host, vmId, devices, surroundings))];
};

const isCovered = (host: Host, { vmId, address }: Attachment): boolean =>
  host.reservations.get(vmId)?.devices.some(({ deviceId }) => host.devices.get(deviceId)?.address === address) === true;

/** What is at an address now; what has vanished is at none. */
const deviceAt = ({ devices, missing }: Host, address: string): DeviceObservation | undefined => {
  for (const device of devices.values()) if (device.address === address && !missing.has(device.deviceId)) return device;
  return undefined;
};

const adopt = (
  fleet: Fleet,
  host: Host,
  vmId: string,
  devices: readonly DeviceObservation[],
  { newId, now }: Surroundings,
): readonly DomainEvent[] => {
  const { hostId } = host;
  const before = host.reservations.get(vmId);
  const first = before?.devices.filter(({ requestName }) => requestName.startsWith('adopted-')).length ?? 0;
  const adopted = devices.map((device, index): ReservedDevice => {
    const { deviceId, address, kind, name } = device;
    return { deviceId, address, requestName: `adopted-${first + index}`, kind, ...(name !== undefined && { name }), ...networkOf(device) };
  });
  const data = { vmId, hostId, reservationId: before?.reservationId ?? newId(), devices: adopted };
  const vm = fleet.vm(vmId);
  const ended = vm !== undefined && !isRunning(vm);
  const vmUnknown = vm === undefined && fleet.hostsOf(vmId).length === 0;
  return [
    { type: 'ReservationAdopted', data: { ...data, adoptedAt: now, ...(vm?.tenant !== undefined && { tenant: vm.tenant }) } },
    ...(vmUnknown ? [{ type: 'ReservationOrphaned', data: { ...data, reason: 'nobody has told of its VM', vmUnknown } } as const] : []),
    ...(ended ? [{ type: 'ReleasePending', data: { ...data, cause: vm.state } } as const] : []),
  ];
};
