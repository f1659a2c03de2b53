import { Controller } from '@nestjs/common';
import { hostFactSubject, type Fact } from '@vfleet/contracts';
import { OnFact, type InboundFact } from '@vfleet/messaging';
import { Desk } from '../desk.js';
import { causeOf } from './cause.js';

/** What host agents observe. */
@Controller()
export class HostFactsController {
  constructor(private readonly desk: Desk) {}

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
        await this.desk.submit({ command: { type: 'TakeHostFact', fact }, ...causeOf(inbound) });
        return;
      default:
      // A command that failed concerns whoever gave it.
    }
  }
}
