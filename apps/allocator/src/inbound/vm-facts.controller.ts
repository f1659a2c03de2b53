import { Controller } from '@nestjs/common';
import { vmFactSubject, type Fact } from '@vfleet/contracts';
import { OnFact, type InboundFact } from '@vfleet/messaging';
import { Desk } from '../desk.js';
import { causeOf } from './cause.js';

/** What virtualisation platforms observe. */
@Controller()
export class VmFactsController {
  constructor(private readonly desk: Desk) {}

  @OnFact(vmFactSubject('*', '*'))
  async take(inbound: InboundFact<Fact>): Promise<void> {
    const { fact, message } = inbound;
    if (fact.name !== 'VmStateChanged') return;
    const report = { ...fact.data, occurredAt: fact.data.occurredAt ?? message.receivedAt };
    await this.desk.submit({ command: { type: 'TakeVmState', report }, key: fact.key ?? message.delivery, ...causeOf(inbound) });
  }
}
