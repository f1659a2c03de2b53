import { compileWhere } from '@vfleet/cel';
import { Controller } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { VmStateChanged, invalidRequest, tidyVmFact, validate, type VmReportOutcome } from '@vfleet/contracts';
import { REQUESTS } from '@vfleet/messaging';
import { checkRequests } from '@vfleet/pci';
import { Desk } from '../desk.js';
import { expectAnswer, inTime } from './answers.js';

/** VM states whose reporter waits for what becomes of them. */
@Controller()
export class VmsController {
  constructor(private readonly desk: Desk) {}

  @MessagePattern('vfleet.api.vms.report', REQUESTS)
  async report(@Payload() body: object): Promise<VmReportOutcome> {
    const checked = validate(VmStateChanged, tidyVmFact(body), 'refuse');
    if (!checked.ok) throw invalidRequest(checked.faults);
    const faults = checkRequests(checked.value.devices ?? [], compileWhere);
    if (faults.length > 0) throw invalidRequest(faults);
    const answer = await inTime(this.desk.submit({ command: { type: 'TakeVmState', report: checked.value } }));
    return expectAnswer(answer, 'report').outcome;
  }
}
