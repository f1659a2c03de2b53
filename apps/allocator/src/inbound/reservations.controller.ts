import { Controller } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { compileWhere } from '@vfleet/cel';
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
import { checkRequests } from '@vfleet/pci';
import { Desk } from '../desk.js';
import { toReservation } from '../domain/reservation.js';
import { FleetMemory } from '../fleet-memory.js';
import { expectAnswer, inTime } from './answers.js';

/** Reservations, asked for directly. Reads answer from the same memory that decides. */
@Controller()
export class ReservationsController {
  constructor(
    private readonly desk: Desk,
    private readonly memory: FleetMemory,
  ) {}

  @MessagePattern('vfleet.api.reservations.reserve', REQUESTS)
  async reserve(@Payload() request: Reserve): Promise<Reservation> {
    const faults = checkRequests(request.devices ?? [], compileWhere);
    if (faults.length > 0) throw invalidRequest(faults);
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
    const vmIds = filter.vmId !== undefined ? [filter.vmId] : [...this.memory.settled.holders()].sort();
    const items: Reservation[] = [];
    for (const vmId of vmIds) {
      if (cursor !== undefined && vmId <= cursor) continue;
      const found = this.of(vmId).filter(
        ({ hostId, state }) => (!filter.hostId || hostId === filter.hostId) && (!filter.state || state === filter.state),
      );
      if (found.length > 0 && items.length + found.length > limit) return { items, nextCursor: items.at(-1)?.vmId ?? null };
      items.push(...found);
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

const rankOf = ({ state, migrationId }: Reservation): number => (state === 'releasing' ? 0 : migrationId === undefined ? 2 : 1);
