import { Controller } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { Alias, CatalogName, ListCatalog, notFound, type AliasList } from '@vfleet/contracts';
import { REQUESTS } from '@vfleet/messaging';
import { Desk } from '../desk.js';
import type { CatalogCommand } from '../domain/catalog.decider.js';
import { FleetMemory } from '../fleet-memory.js';
import { expectAnswer, inTime } from './answers.js';
import { checkedBody } from './checked-body.js';
import { pageByName } from './name-page.js';
import { aliasFaults } from './stored-requests.js';

/** Stored device requests. Reads answer from the same memory that decides. */
@Controller()
export class AliasesController {
  constructor(
    private readonly desk: Desk,
    private readonly memory: FleetMemory,
  ) {}

  @MessagePattern('vfleet.api.aliases.put', REQUESTS)
  async put(@Payload() body: object): Promise<Alias> {
    const alias = checkedBody(Alias, body, ({ request }) => (request === undefined ? [] : aliasFaults(request)));
    return this.submit({ type: 'PutAlias', alias });
  }

  @MessagePattern('vfleet.api.aliases.delete', REQUESTS)
  delete(@Payload() { name }: CatalogName): Promise<Alias> {
    return this.submit({ type: 'RemoveAlias', name });
  }

  @MessagePattern('vfleet.api.aliases.get', REQUESTS)
  get(@Payload() { name }: CatalogName): Alias {
    const alias = this.memory.settled.catalog().aliases.get(name.trim());
    if (!alias) throw notFound('alias', name);
    return alias;
  }

  @MessagePattern('vfleet.api.aliases.list', REQUESTS)
  list(@Payload() page: ListCatalog): AliasList {
    return pageByName(this.memory.settled.catalog().aliases.values(), ({ name }) => name, page);
  }

  private async submit(command: CatalogCommand): Promise<Alias> {
    return expectAnswer(await inTime(this.desk.submit({ command })), 'catalog').entry as Alias;
  }
}
