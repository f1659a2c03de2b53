import { Controller } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { VmStateChanged, tidyVmFact, type VmReportOutcome } from '@vfleet/contracts';
import { REQUESTS } from '@vfleet/messaging';
import { InjectPlatform, tellSighting, type Platform } from '@vfleet/service-kit';
import { Desk } from '../desk.js';
import { expectAnswer, inTime } from './answers.js';
import { checkedBody, wishFaults } from './checked-body.js';

/** VM states whose reporter waits for what becomes of them. */
@Controller()
export class VmsController {
  constructor(
    private readonly desk: Desk,
    @InjectPlatform() private readonly platform: Platform,
  ) {}

  @MessagePattern('vfleet.api.vms.report', REQUESTS)
  async report(@Payload() body: object): Promise<VmReportOutcome> {
    const report = checkedBody(VmStateChanged, tidyVmFact(body) as object, wishFaults);
    const answer = await inTime(this.desk.submit({ command: { type: 'TakeVmState', report } }));
    const { outcome } = expectAnswer(answer, 'report');
    const { vmId, state, hostId } = report;
    if (outcome.outcome !== 'ignored') tellSighting(this.platform.nats, { vmId, state, hostId, receivedAt: new Date().toISOString() });
    return outcome;
  }
}
