import { Controller } from '@nestjs/common';
import { Ctx, MessagePattern, Payload } from '@nestjs/microservices';
import {
  GetReservation,
  ListCandidates,
  ListQuotas,
  ListReservations,
  Release,
  Reserve,
  tenantOf,
  tenantsSubject,
  type CandidateList,
  type QuotaList,
  type Released,
  type Reservation,
  type ReservationList,
} from '@vfleet/contracts';
import { REQUESTS, RequestContext } from '@vfleet/messaging';
import { Desk } from '../desk.js';
import { tenantOfVm } from '../domain/tenant.js';
import { FleetMemory } from '../fleet-memory.js';
import { expectAnswer, inTime } from './answers.js';
import { candidatesFor } from './candidate-wish.js';
import { checkedBody, wishFaults } from './checked-body.js';
import { pageOfQuotas } from './quota-page.js';
import { noReservation, pageOfReservations, reservationOf } from './reservation-page.js';
import { expectOwnTenant, toTenantCandidates, toTenantError } from './tenant-words.js';

/** What tenants ask: each hears of its own VMs and quotas, and of what they could have. Whose a request is says its subject, which NATS makes. */
@Controller()
export class TenantsController {
  constructor(
    private readonly desk: Desk,
    private readonly memory: FleetMemory,
  ) {}

  @MessagePattern(tenantsSubject('reservations.reserve'), REQUESTS)
  async reserve(@Payload() body: object, @Ctx() context: RequestContext): Promise<Reservation> {
    const actor = actorOf(context);
    const request = checkedBody(Reserve, body, wishFaults);
    expectOwnTenant(actor, request.tenant, 'tenant');
    return asTold(async () => {
      const answer = await inTime(this.desk.submit({ command: { type: 'Reserve', request, actor } }));
      return expectAnswer(answer, 'reservation').reservation;
    });
  }

  @MessagePattern(tenantsSubject('reservations.release'), REQUESTS)
  release(@Payload() request: Release, @Ctx() context: RequestContext): Promise<Released> {
    return asTold(async () => {
      const answer = await inTime(this.desk.submit({ command: { type: 'Release', request, actor: actorOf(context) } }));
      return { released: expectAnswer(answer, 'released').released };
    });
  }

  @MessagePattern(tenantsSubject('reservations.get'), REQUESTS)
  get(@Payload() { vmId }: GetReservation, @Ctx() context: RequestContext): Reservation {
    const reservation = this.isOwn(actorOf(context), vmId) ? reservationOf(this.memory.settled, vmId) : undefined;
    if (!reservation) throw noReservation(vmId);
    return reservation;
  }

  @MessagePattern(tenantsSubject('reservations.list'), REQUESTS)
  list(@Payload() request: ListReservations, @Ctx() context: RequestContext): ReservationList {
    const actor = actorOf(context);
    return pageOfReservations(this.memory.settled, request, (vmId) => this.isOwn(actor, vmId));
  }

  @MessagePattern(tenantsSubject('candidates.list'), REQUESTS)
  candidates(@Payload() body: object, @Ctx() context: RequestContext): Promise<CandidateList> {
    const tenant = actorOf(context);
    const request = checkedBody(ListCandidates, body, wishFaults);
    expectOwnTenant(tenant, request.tenant, 'tenant');
    return asTold(async () => toTenantCandidates(await candidatesFor(this.memory, { ...request, tenant })));
  }

  @MessagePattern(tenantsSubject('quotas.list'), REQUESTS)
  quotas(@Payload() { filter, ...page }: ListQuotas, @Ctx() context: RequestContext): QuotaList {
    const tenant = actorOf(context);
    expectOwnTenant(tenant, filter?.tenant, 'filter.tenant');
    return pageOfQuotas(this.memory.settled, { ...page, filter: { tenant } });
  }

  private isOwn(tenant: string, vmId: string): boolean {
    return tenantOfVm(this.memory.settled, vmId) === tenant;
  }
}

const actorOf = ({ message }: RequestContext): string => tenantOf(message.subject);

const asTold = async <Told>(work: () => Promise<Told>): Promise<Told> => {
  try {
    return await work();
  } catch (error) {
    throw toTenantError(error);
  }
};
