import { Controller } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { CatalogName, ListCatalog, Policy, invalidRequest, notFound, type PolicyList } from '@vfleet/contracts';
import { REQUESTS } from '@vfleet/messaging';
import { Desk } from '../desk.js';
import type { CatalogCommand } from '../domain/catalog.decider.js';
import { policyFaults } from '../domain/policy-form.js';
import { FleetMemory } from '../fleet-memory.js';
import { expectAnswer, inTime } from './answers.js';
import { pageByName } from './name-page.js';

/** How devices move with their VMs. Reads answer from the same memory that decides. */
@Controller()
export class PoliciesController {
  constructor(
    private readonly desk: Desk,
    private readonly memory: FleetMemory,
  ) {}

  @MessagePattern('vfleet.api.policies.put', REQUESTS)
  put(@Payload() policy: Policy): Promise<Policy> {
    const faults = policyFaults(policy);
    if (faults.length > 0) throw invalidRequest(faults);
    return this.submit({ type: 'PutPolicy', policy });
  }

  @MessagePattern('vfleet.api.policies.delete', REQUESTS)
  delete(@Payload() { name }: CatalogName): Promise<Policy> {
    return this.submit({ type: 'RemovePolicy', name });
  }

  @MessagePattern('vfleet.api.policies.get', REQUESTS)
  get(@Payload() { name }: CatalogName): Policy {
    const stored = this.memory.catalog().policies.get(name.trim());
    if (!stored) throw notFound('policy', name);
    return stored.policy;
  }

  @MessagePattern('vfleet.api.policies.list', REQUESTS)
  list(@Payload() page: ListCatalog): PolicyList {
    const stored = [...this.memory.catalog().policies.values()];
    return pageByName(
      stored.map(({ policy }) => policy),
      ({ name }) => name,
      page,
    );
  }

  private async submit(command: CatalogCommand): Promise<Policy> {
    return expectAnswer(await inTime(this.desk.submit({ command })), 'catalog').entry as Policy;
  }
}
