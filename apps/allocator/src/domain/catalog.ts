import type { Alias, DomainEvent, EventData, Model, Offering } from '@vfleet/contracts';
import { NO_MODELS, type Catalog, type ModelBook, type Predicate } from '@vfleet/pci';

/** A tenant's quota, ready to be asked whether a device counts against it. */
export interface StoredQuota extends Readonly<EventData<'QuotaPut'>> {
  readonly accepts: Predicate;
}

/** Everything that operators have stored under a name. */
export interface CatalogState {
  readonly aliases: ReadonlyMap<string, Alias>;
  readonly offerings: ReadonlyMap<string, Offering>;
  readonly registered: ReadonlyMap<string, Model>;
  /** Which of the registered models a device is of. */
  readonly models: ModelBook;
  /** By the name that their events carry. */
  readonly quotas: ReadonlyMap<string, StoredQuota>;
  readonly quotasOf: ReadonlyMap<string, readonly StoredQuota[]>;
}

export type CatalogEvent = DomainEvent<
  'ModelRegistered' | 'ModelRemoved' | 'AliasPut' | 'AliasRemoved' | 'OfferingPut' | 'OfferingRemoved' | 'QuotaPut' | 'QuotaRemoved'
>;

export const EMPTY_CATALOG: CatalogState = {
  aliases: new Map(),
  offerings: new Map(),
  registered: new Map(),
  models: NO_MODELS,
  quotas: new Map(),
  quotasOf: new Map(),
};

/** What requests may name. */
export const toCatalog = ({ aliases, offerings, registered }: CatalogState): Catalog => ({
  alias: (name) => aliases.get(name)?.request,
  offering: (name) => offerings.get(name),
  hasModel: (name) => registered.has(name),
});
