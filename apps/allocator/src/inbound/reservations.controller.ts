import { Controller } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import {
  DEFAULT_LIMIT,
  GetReservation,
  ListReservations,
  Release,
  Reserve,
  invalidRequest,
  notFound,
  type Released,
  type Reservation,
  type ReservationList,
} from '@vfleet/contracts';
import { REQUESTS } from '@vfleet/messaging';
import { Desk } from '../desk.js';
import { toReservation } from '../domain/reservation.js';
import { FleetMemory } from '../fleet-memory.js';
import { expectAnswer, inTime } from './answers.js';
import { checkedBody, wishFaults } from './checked-body.js';

/** Reservations, asked for directly. Reads answer from the same memory that decides. */
@Controller()
export class ReservationsController {
  constructor(
    private readonly desk: Desk,
    private readonly memory: FleetMemory,
  ) {}

  @MessagePattern('vfleet.api.reservations.reserve', REQUESTS)
  async reserve(@Payload() body: object): Promise<Reservation> {
    const request = checkedBody(Reserve, body, wishFaults);
    return expectAnswer(await inTime(this.desk.submit({ command: { type: 'Reserve', request } })), 'reservation').reservation;
  }

  @MessagePattern('vfleet.api.reservations.release', REQUESTS)
  async release(@Payload() request: Release): Promise<Released> {
    return { released: expectAnswer(await inTime(this.desk.submit({ command: { type: 'Release', request } })), 'released').released };
  }

  @MessagePattern('vfleet.api.reservations.get', REQUESTS)
  get(@Payload() { vmId }: GetReservation): Reservation {
    const reservation = this.of(vmId).at(-1);
    if (!reservation) throw notFound('RESERVATION', `of VM ${vmId}`);
    return reservation;
  }

  @MessagePattern('vfleet.api.reservations.list', REQUESTS)
  list(@Payload() { filter = {}, limit = DEFAULT_LIMIT, cursor }: ListReservations): ReservationList {
    if (cursor !== undefined && !PLACE.test(cursor)) throw invalidRequest([{ field: 'cursor', message: 'is none that this list has given' }]);
    const vmIds = filter.vmId !== undefined ? [filter.vmId] : [...this.memory.settled.holders()].sort();
    const items: Reservation[] = [];
    for (const vmId of vmIds) {
      // A VM is on its cursor's page again: a page may have ended between two reservations of it.
      if (cursor !== undefined && vmId < ownerOf(cursor)) continue;
      const found = this.of(vmId).filter(
        ({ hostId, state }) => (!filter.hostId || hostId === filter.hostId) && (!filter.state || state === filter.state),
      );
      for (const one of found.sort((a, b) => (a.hostId < b.hostId ? -1 : 1))) {
        if (cursor !== undefined && placeOf(one) <= cursor) continue;
        if (items.length === limit) return { items, nextCursor: placeOf(items.at(-1) as Reservation) };
        items.push(one);
      }
    }
    return { items, nextCursor: null };
  }

  /** What a VM holds: what is on its way back first, then what is held on the target of a move, its own last. */
  private of(vmId: string): readonly Reservation[] {
    return this.memory.settled
      .hostsOf(vmId)
      .flatMap((hostId) => {
        const held = this.memory.settled.host(hostId)?.reservations.get(vmId);
        return held ? [toReservation(hostId, held)] : [];
      })
      .sort((a, b) => rankOf(a) - rankOf(b));
  }
}

/** Where a reservation stands in a list. A blank sorts before whatever an id can hold. */
const placeOf = ({ vmId, hostId }: Reservation): string => `${vmId} ${hostId}`;
const PLACE = /^\S+ \S+$/;
const ownerOf = (place: string): string => place.slice(0, place.indexOf(' '));

const rankOf = ({ state, migrationId }: Reservation): number => (state === 'releasing' ? 0 : migrationId === undefined ? 2 : 1);
