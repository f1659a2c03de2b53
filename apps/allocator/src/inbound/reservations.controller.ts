import { Controller } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { GetReservation, ListReservations, Release, Reserve, type Released, type Reservation, type ReservationList } from '@vfleet/contracts';
import { REQUESTS } from '@vfleet/messaging';
import { Desk } from '../desk.js';
import { FleetMemory } from '../fleet-memory.js';
import { expectAnswer, inTime } from './answers.js';
import { checkedBody, wishFaults } from './checked-body.js';
import { noReservation, pageOfReservations, reservationOf } from './reservation-page.js';

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
    const reservation = reservationOf(this.memory.settled, vmId);
    if (!reservation) throw noReservation(vmId);
    return reservation;
  }

  @MessagePattern('vfleet.api.reservations.list', REQUESTS)
  list(@Payload() request: ListReservations): ReservationList {
    return pageOfReservations(this.memory.settled, request);
  }
}
