import { DEFAULT_LIMIT, invalidRequest, notFound, type ListReservations, type Reservation, type ReservationList } from '@vfleet/contracts';
import { toReservation } from '../domain/reservation.js';
import type { SettledFleet } from '../fleet-memory.js';

/** The reservation by which a VM is known; undefined where it holds nothing. */
export const reservationOf = (fleet: SettledFleet, vmId: string): Reservation | undefined => reservationsOf(fleet, vmId).at(-1);

export const noReservation = (vmId: string): Error => notFound('RESERVATION', `of VM ${vmId}`);

/** One page of the reservations of those VMs that may be shown. */
export const pageOfReservations = (
  fleet: SettledFleet,
  { filter = {}, limit = DEFAULT_LIMIT, cursor = null }: ListReservations,
  isShown: (vmId: string) => boolean = () => true,
): ReservationList => {
  if (cursor !== null && !PLACE.test(cursor)) throw invalidRequest([{ field: 'cursor', message: 'is none that this list has given' }]);
  const vmIds = filter.vmId !== undefined ? [filter.vmId] : [...fleet.holders()].sort();
  const items: Reservation[] = [];
  for (const vmId of vmIds) {
    // A VM is on its cursor's page again: a page may have ended between two reservations of it.
    if (cursor !== null && vmId < ownerOf(cursor)) continue;
    if (!isShown(vmId)) continue;
    const found = reservationsOf(fleet, vmId).filter(
      ({ hostId, state }) => (!filter.hostId || hostId === filter.hostId) && (!filter.state || state === filter.state),
    );
    for (const one of found.sort((a, b) => (a.hostId < b.hostId ? -1 : 1))) {
      if (cursor !== null && placeOf(one) <= cursor) continue;
      if (items.length === limit) return { items, nextCursor: placeOf(items.at(-1) as Reservation) };
      items.push(one);
    }
  }
  return { items, nextCursor: null };
};

/** What a VM holds: what is on its way back first, then what is held on the target of a move, its own last. */
const reservationsOf = (fleet: SettledFleet, vmId: string): readonly Reservation[] =>
  fleet
    .hostsOf(vmId)
    .flatMap((hostId) => {
      const held = fleet.host(hostId)?.reservations.get(vmId);
      return held ? [toReservation(hostId, held)] : [];
    })
    .sort((a, b) => rankOf(a) - rankOf(b));

/** Where a reservation stands in a list. A blank sorts before whatever an id can hold. */
const placeOf = ({ vmId, hostId }: Reservation): string => `${vmId} ${hostId}`;
const PLACE = /^\S+ \S+$/;
const ownerOf = (place: string): string => place.slice(0, place.indexOf(' '));

const rankOf = ({ state, migrationId }: Reservation): number => (state === 'releasing' ? 0 : migrationId === undefined ? 2 : 1);
