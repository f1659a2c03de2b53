import { compileWhere } from '@vfleet/cel';
import { Controller } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { ExtendVm, InspectVm, ShrinkVm, internalSubject, invalidRequest, type ExtendedVm, type InspectedVm, type ShrunkVm } from '@vfleet/contracts';
import { REQUESTS } from '@vfleet/messaging';
import { checkRequests } from '@vfleet/pci';
import { Desk } from '../desk.js';
import { expectAnswer, inTime } from './answers.js';

/** Reservations that grow and shrink while their VM holds them; whoever asks does the plugging. */
@Controller()
export class VmDevicesController {
  constructor(private readonly desk: Desk) {}

  @MessagePattern(internalSubject('vms.extend'), REQUESTS)
  async extend(@Payload() request: ExtendVm): Promise<ExtendedVm> {
    const faults = request.devices.length === 0 ? [{ field: 'devices', message: 'asks for nothing' }] : checkRequests(request.devices, compileWhere);
    if (faults.length > 0) throw invalidRequest(faults);
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
