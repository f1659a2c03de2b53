import { Controller } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { PlanDrain, UndrainHost, VmsOnHost, internalSubject, type DrainPlan, type HostVms, type Nothing } from '@vfleet/contracts';
import { REQUESTS } from '@vfleet/messaging';
import { Desk } from '../desk.js';
import { expectAnswer, inTime } from './answers.js';

/** Hosts that an operator empties. */
@Controller()
export class DrainingController {
  constructor(private readonly desk: Desk) {}

  @MessagePattern(internalSubject('hosts.vms'), REQUESTS)
  async vms(@Payload() request: VmsOnHost): Promise<HostVms> {
    const { vmIds, draining } = expectAnswer(await inTime(this.desk.submit({ command: { type: 'DrainHost', request } })), 'vms');
    return { vmIds: [...vmIds], draining };
  }

  @MessagePattern(internalSubject('hosts.planDrain'), REQUESTS)
  async plan(@Payload() { hostId }: PlanDrain): Promise<DrainPlan> {
    return { plans: [...expectAnswer(await inTime(this.desk.submit({ command: { type: 'PlanDrain', hostId } })), 'plans').plans] };
  }

  @MessagePattern(internalSubject('hosts.undrain'), REQUESTS)
  async undrain(@Payload() { hostId }: UndrainHost): Promise<Nothing> {
    expectAnswer(await inTime(this.desk.submit({ command: { type: 'UndrainHost', hostId } })), 'nothing');
    return {};
  }
}
