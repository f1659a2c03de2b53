import { Controller } from '@nestjs/common';
import { UnacceptableFact, hostFactSubject, type Fact } from '@vfleet/contracts';
import { OnFact, type InboundFact } from '@vfleet/messaging';
import { Desk } from '../desk.js';
import type { Answer } from '../domain/decision.js';
import { causeOf } from './cause.js';

/** What host agents observe. */
@Controller()
export class HostFactsController {
  constructor(private readonly desk: Desk) {}

  /** @throws UnacceptableFact for a device too many */
  @OnFact(hostFactSubject('*', '*'))
  async take(inbound: InboundFact<Fact>): Promise<void> {
    const { fact } = inbound;
    switch (fact.name) {
      case 'HostOnline':
      case 'HostOffline':
      case 'DeviceDiscovered':
      case 'DeviceChanged':
      case 'DeviceRenamed':
      case 'DeviceReaddressed':
      case 'DeviceRemoved':
      case 'InventoryAttested':
      case 'HostdevAttached':
      case 'HostdevDetached':
        return expectTaken(await this.desk.submit({ command: { type: 'TakeHostFact', fact }, ...causeOf(inbound) }));
      default:
      // A command that failed concerns whoever gave it.
    }
  }
}

const expectTaken = (answer: Answer): void => {
  if (answer.kind === 'refused') throw new UnacceptableFact('TOO_MANY_DEVICES', answer.refusal.message);
};
