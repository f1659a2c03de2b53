import { Controller } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { ExtendVm, InspectVm, ShrinkVm, internalSubject, type ExtendedVm, type InspectedVm, type ShrunkVm } from '@vfleet/contracts';
import { REQUESTS } from '@vfleet/messaging';
import { Desk } from '../desk.js';
import { expectAnswer, inTime } from './answers.js';
import { checkedBody } from './checked-body.js';
import { offeringFaults } from './stored-requests.js';

/** Reservations that grow and shrink while their VM holds them; whoever asks does the plugging. */
@Controller()
export class VmDevicesController {
  constructor(private readonly desk: Desk) {}

  @MessagePattern(internalSubject('vms.extend'), REQUESTS)
  async extend(@Payload() body: object): Promise<ExtendedVm> {
    const request = checkedBody(ExtendVm, body, ({ devices }) => (devices === undefined ? [] : offeringFaults(devices)));
    const { reservation, added } = expectAnswer(await inTime(this.desk.submit({ command: { type: 'ExtendVm', request } })), 'extended');
    return { reservation, added: [...added] };
  }

  @MessagePattern(internalSubject('vms.shrink'), REQUESTS)
  async shrink(@Payload() request: ShrinkVm): Promise<ShrunkVm> {
    const { reservation, removed } = expectAnswer(await inTime(this.desk.submit({ command: { type: 'ShrinkVm', request } })), 'shrunk');
    return { reservation, removed: [...removed] };
  }

  @MessagePattern(internalSubject('vms.inspect'), REQUESTS)
  async inspect(@Payload() request: InspectVm): Promise<InspectedVm> {
    return expectAnswer(await inTime(this.desk.submit({ command: { type: 'InspectVm', request } })), 'inspected').inspected;
  }
}
