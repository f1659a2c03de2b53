import type { DomainEvent, VmState } from '@vfleet/contracts';
import type { Fleet } from './decision.js';
import type { Host, HostReservation } from './host.js';
import { moveOf } from './moves.js';
import { isAttached } from './release.js';

/** States in which a VM keeps its devices attached; in the others devices come and go. */
const SETTLED: ReadonlySet<VmState> = new Set(['running', 'paused', 'unknown']);

/** What an attestation says of VMs that have nothing attached any more. */
export interface Orphans {
  readonly events: readonly DomainEvent[];
  /** Since this attestation: told when the next one says so too. */
  readonly detached: readonly string[];
  /** In the midst of a move. */
  readonly unplugged: readonly string[];
}

/**
 * Reservations of which the host had something attached and has nothing any more, though nobody said that the VM has
 * ended, and it does not move. Told when a second attestation says so, for a VM's end may be seen here before its platform tells; nothing is
 * freed by it. A move takes devices off, and may end without having heard that it did: what it took off is looked at when it is over.
 */
export const findOrphans = (fleet: Fleet, host: Host, attached: ReadonlySet<string>): Orphans => {
  const { detached: before = [], unplugged: beforeInMove = [] } = host.seen ?? {};
  const suspects = [...host.reservations.values()].filter((held) => !held.orphaned && held.releasing.size === 0);
  const without = suspects.filter((held) => {
    const { vmId, devices } = held;
    const now = devices.some(({ deviceId }) => attached.has(`${vmId} ${host.devices.get(deviceId)?.address}`));
    const had = devices.some(({ deviceId }) => isAttached(host, vmId, deviceId)) || before.includes(vmId) || beforeInMove.includes(vmId);
    return had && !now;
  });
  const unplugged = without.filter(({ vmId }) => moveOf(fleet, vmId));
  const detached = without.filter((held) => !unplugged.includes(held) && isSettled(fleet, held.vmId));
  const orphaned = detached.filter(({ vmId }) => before.includes(vmId));
  return {
    events: orphaned.map((held) => orphanedEvent(host, held)),
    detached: detached.filter((held) => !orphaned.includes(held)).map(({ vmId }) => vmId),
    unplugged: unplugged.map(({ vmId }) => vmId),
  };
};

const isSettled = (fleet: Fleet, vmId: string): boolean => SETTLED.has(fleet.vm(vmId)?.state ?? 'unknown');

const orphanedEvent = ({ hostId }: Host, { vmId, reservationId, devices }: HostReservation): DomainEvent => ({
  type: 'ReservationOrphaned',
  data: { vmId, hostId, reservationId, devices: [...devices], reason: 'its host has nothing of it attached any more' },
});
