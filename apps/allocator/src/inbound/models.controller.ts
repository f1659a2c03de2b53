import { Controller } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { ListCatalog, ModelName, RegisterModel, notFound, type Model, type ModelList } from '@vfleet/contracts';
import { REQUESTS } from '@vfleet/messaging';
import { Desk } from '../desk.js';
import type { CatalogCommand } from '../domain/catalog.decider.js';
import { FleetMemory } from '../fleet-memory.js';
import { expectAnswer, inTime } from './answers.js';
import { pageByName } from './name-page.js';

/** Registered types of devices. Reads answer from the same memory that decides. */
@Controller()
export class ModelsController {
  constructor(
    private readonly desk: Desk,
    private readonly memory: FleetMemory,
  ) {}

  @MessagePattern('vfleet.api.models.create', REQUESTS)
  create(@Payload() model: RegisterModel): Promise<Model> {
    return this.submit({ type: 'RegisterModel', model });
  }

  @MessagePattern('vfleet.api.models.delete', REQUESTS)
  delete(@Payload() { model }: ModelName): Promise<Model> {
    return this.submit({ type: 'RemoveModel', model });
  }

  @MessagePattern('vfleet.api.models.get', REQUESTS)
  get(@Payload() { model: name }: ModelName): Model {
    const model = this.memory.settled.catalog().registered.get(name.trim());
    if (!model) throw notFound('model', name);
    return model;
  }

  @MessagePattern('vfleet.api.models.list', REQUESTS)
  list(@Payload() page: ListCatalog): ModelList {
    return pageByName(this.memory.settled.catalog().registered.values(), ({ model }) => model, page);
  }

  private async submit(command: CatalogCommand): Promise<Model> {
    return expectAnswer(await inTime(this.desk.submit({ command })), 'catalog').entry as Model;
  }
}
