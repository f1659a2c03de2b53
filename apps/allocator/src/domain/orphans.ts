import type { DomainEvent, VmState } from '@vfleet/contracts';
import type { Fleet } from './decision.js';
import type { Host, HostReservation } from './host.js';
import { moveOf } from './moves.js';
import { isAttached } from './release.js';

/** States in which a VM keeps its devices attached; in the others devices come and go. */
const SETTLED: ReadonlySet<VmState> = new Set(['running', 'paused', 'unknown']);

/**
 * Reservations of which the host had something attached and has nothing any more, though nobody said that the VM has
 * ended, and it does not move. Told when a second attestation says so, for a VM's end may be seen here before its platform tells; nothing is
 * freed by it.
 */
export const findOrphans = (
  fleet: Fleet,
  host: Host,
  attached: ReadonlySet<string>,
): { readonly events: readonly DomainEvent[]; readonly detached: readonly string[] } => {
  const suspects = [...host.reservations.values()].filter((held) => !held.orphaned && held.releasing.size === 0 && isSettled(fleet, held.vmId));
  const detached = suspects.filter((held) => {
    const now = held.devices.some(({ deviceId }) => attached.has(`${held.vmId} ${host.devices.get(deviceId)?.address}`));
    const before = held.devices.some(({ deviceId }) => isAttached(host, held.vmId, deviceId));
    return !now && (before || host.seen?.detached?.includes(held.vmId) === true) && !moveOf(fleet, held.vmId);
  });
  const orphaned = detached.filter(({ vmId }) => host.seen?.detached?.includes(vmId) === true);
  return {
    events: orphaned.map((held) => orphanedEvent(host, held)),
    detached: detached.filter((held) => !orphaned.includes(held)).map(({ vmId }) => vmId),
  };
};

const isSettled = (fleet: Fleet, vmId: string): boolean => SETTLED.has(fleet.vm(vmId)?.state ?? 'unknown');

const orphanedEvent = ({ hostId }: Host, { vmId, reservationId, devices }: HostReservation): DomainEvent => ({
  type: 'ReservationOrphaned',
  data: { vmId, hostId, reservationId, devices: [...devices], reason: 'its host has nothing of it attached any more' },
});
