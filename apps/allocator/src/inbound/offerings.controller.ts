import { Controller } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { CatalogName, ListCatalog, Offering, invalidRequest, notFound, type OfferingList } from '@vfleet/contracts';
import { REQUESTS } from '@vfleet/messaging';
import { Desk } from '../desk.js';
import type { CatalogCommand } from '../domain/catalog.decider.js';
import { addressMapFaults } from '../domain/policy-form.js';
import { FleetMemory } from '../fleet-memory.js';
import { expectAnswer, inTime } from './answers.js';
import { checkedBody } from './checked-body.js';
import { pageByName } from './name-page.js';
import { offeringFaults } from './stored-requests.js';

/** Stored lists of device requests. Reads answer from the same memory that decides. */
@Controller()
export class OfferingsController {
  constructor(
    private readonly desk: Desk,
    private readonly memory: FleetMemory,
  ) {}

  @MessagePattern('vfleet.api.offerings.put', REQUESTS)
  async put(@Payload() body: object): Promise<Offering> {
    const offering = checkedBody(Offering, body, ({ devices }) => (devices === undefined ? [] : offeringFaults(devices)));
    const faults = addressMapFaults(offering.migration?.addressMap, 'migration.addressMap');
    if (faults.length > 0) throw invalidRequest(faults);
    return this.submit({ type: 'PutOffering', offering });
  }

  @MessagePattern('vfleet.api.offerings.delete', REQUESTS)
  delete(@Payload() { name }: CatalogName): Promise<Offering> {
    return this.submit({ type: 'RemoveOffering', name });
  }

  @MessagePattern('vfleet.api.offerings.get', REQUESTS)
  get(@Payload() { name }: CatalogName): Offering {
    const offering = this.memory.settled.catalog().offerings.get(name.trim());
    if (!offering) throw notFound('offering', name);
    return offering;
  }

  @MessagePattern('vfleet.api.offerings.list', REQUESTS)
  list(@Payload() page: ListCatalog): OfferingList {
    return pageByName(this.memory.settled.catalog().offerings.values(), ({ name }) => name, page);
  }

  private async submit(command: CatalogCommand): Promise<Offering> {
    return expectAnswer(await inTime(this.desk.submit({ command })), 'catalog').entry as Offering;
  }
}
