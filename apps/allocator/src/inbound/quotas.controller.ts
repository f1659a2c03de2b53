import { Controller } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { ListQuotas, PutQuota, QuotaKey, type EventData, type Quota, type QuotaList } from '@vfleet/contracts';
import { REQUESTS } from '@vfleet/messaging';
import { faultsAsWritten, type Match } from '@vfleet/pci';
import { Desk } from '../desk.js';
import type { CatalogCommand } from '../domain/catalog.decider.js';
import { FleetMemory } from '../fleet-memory.js';
import { expectAnswer, inTime } from './answers.js';
import { checkedBody, type LanguageFaults } from './checked-body.js';
import { quotaName } from './quota-name.js';
import { pageOfQuotas, show, showQuota } from './quota-page.js';

/** What tenants may hold. Reads answer from the same memory that decides. */
@Controller()
export class QuotasController {
  constructor(
    private readonly desk: Desk,
    private readonly memory: FleetMemory,
  ) {}

  @MessagePattern('vfleet.api.quotas.put', REQUESTS)
  async put(@Payload() body: object): Promise<Quota> {
    const { tenant, match, limit } = checkedBody(PutQuota, body, matchFaults);
    const quota = { name: quotaName({ tenant, match }), tenant, match, limit };
    await this.submit({ type: 'PutQuota', quota });
    return showQuota(this.memory.settled, quota);
  }

  @MessagePattern('vfleet.api.quotas.delete', REQUESTS)
  async delete(@Payload() key: QuotaKey): Promise<Quota> {
    const name = quotaName(key);
    const used = this.memory.settled.usedOf(name);
    return { ...show(await this.submit({ type: 'RemoveQuota', name })), used };
  }

  @MessagePattern('vfleet.api.quotas.list', REQUESTS)
  list(@Payload() request: ListQuotas): QuotaList {
    return pageOfQuotas(this.memory.settled, request);
  }

  private async submit(command: CatalogCommand): Promise<EventData<'QuotaPut'>> {
    return expectAnswer(await inTime(this.desk.submit({ command })), 'catalog').entry as EventData<'QuotaPut'>;
  }
}

const matchFaults: LanguageFaults = ({ match }) => {
  if (typeof match !== 'object' || match === null || Array.isArray(match)) return [];
  return faultsAsWritten(match as Match);
};
