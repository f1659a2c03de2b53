import type { Model } from '@vfleet/contracts';
import { modelBook } from '@vfleet/pci';
import type pg from 'pg';
import type { HostPictures } from './host-pictures.js';
import type { KnownEvent } from './known-event.js';
import type { modelTable } from './model.table.js';

/** A model came or went. */
export type ModelEvent = Extract<KnownEvent, { type: 'ModelRegistered' | 'ModelRemoved' }>;

export const isModelEvent = (event: KnownEvent): event is ModelEvent => event.type === 'ModelRegistered' || event.type === 'ModelRemoved';

/** Models by name, after one came or went. */
export const afterModelEvent = (models: Map<string, Model>, event: ModelEvent): void => {
  if (event.type === 'ModelRegistered') models.set(event.data.model, event.data);
  else models.delete(event.data.model);
};

/** Registered models as the events before have left them: the rows, and what host pictures judge by. */
export class KnownModels {
  private models: Map<string, Model> | undefined;

  constructor(
    private readonly table: ReturnType<typeof modelTable>,
    private readonly pictures: HostPictures,
  ) {}

  async load(client: pg.ClientBase): Promise<void> {
    if (this.models) return;
    this.models = new Map((await this.table.all(client)).map((model) => [model.model, model]));
    this.keepBook(this.models);
  }

  /** The hosts whose devices a model event is about. The rows of earlier events must have been written. */
  async apply(client: pg.ClientBase, event: ModelEvent): Promise<readonly string[]> {
    await this.load(client);
    const models = this.models as Map<string, Model>;
    const before = models.get(event.data.model);
    afterModelEvent(models, event);
    await this.table.note(client, event.position);
    if (event.type === 'ModelRegistered') await this.table.put(client, event.data);
    else await this.table.remove(client, event.data.model);
    this.keepBook(models);
    const about = [before, event.type === 'ModelRegistered' ? event.data : undefined].filter((model) => model !== undefined);
    const hostIds = new Set<string>();
    for (const model of about) for (const hostId of await this.table.hostsWith(client, model)) hostIds.add(hostId);
    return [...hostIds];
  }

  clear(): void {
    this.models = undefined;
  }

  private keepBook(models: ReadonlyMap<string, Model>): void {
    this.pictures.models = modelBook(models.values());
  }
}
