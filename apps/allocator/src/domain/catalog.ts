import type { Alias, DomainEvent, EventData, Model, Offering, Policy } from '@vfleet/contracts';
import { DEFAULT_EXCLUDED_CLASSES, DEFAULT_RULES, type Catalog, type DeviceRules, type ExcludedClass, type Predicate } from '@vfleet/pci';

/** A tenant's quota, ready to be asked whether a device counts against it. */
export interface StoredQuota extends Readonly<EventData<'QuotaPut'>> {
  readonly accepts: Predicate;
}

/** A migration policy, ready to be asked whether it is for a device. */
export interface StoredPolicy {
  readonly policy: Readonly<Policy>;
  readonly accepts: Predicate;
  /** The more its selector says, the sooner it is chosen. */
  readonly keys: number;
}

/** Everything that operators have stored under a name. */
export interface CatalogState {
  readonly aliases: ReadonlyMap<string, Alias>;
  readonly offerings: ReadonlyMap<string, Offering>;
  readonly registered: ReadonlyMap<string, Model>;
  readonly excludedClasses: readonly ExcludedClass[];
  /** What the registered models and the excluded classes mean for devices. */
  readonly rules: DeviceRules;
  /** By the name that their events carry. */
  readonly quotas: ReadonlyMap<string, StoredQuota>;
  readonly policies: ReadonlyMap<string, StoredPolicy>;
  readonly quotasOf: ReadonlyMap<string, readonly StoredQuota[]>;
}

export type CatalogEvent = DomainEvent<
  | 'ModelRegistered'
  | 'ModelRemoved'
  | 'AliasPut'
  | 'AliasRemoved'
  | 'OfferingPut'
  | 'OfferingRemoved'
  | 'PolicyPut'
  | 'PolicyRemoved'
  | 'QuotaPut'
  | 'QuotaRemoved'
  | 'EligibilityPut'
>;

export const EMPTY_CATALOG: CatalogState = {
  aliases: new Map(),
  offerings: new Map(),
  registered: new Map(),
  excludedClasses: DEFAULT_EXCLUDED_CLASSES,
  rules: DEFAULT_RULES,
  quotas: new Map(),
  policies: new Map(),
  quotasOf: new Map(),
};

/** What requests may name. */
export const toCatalog = ({ aliases, offerings, registered }: CatalogState): Catalog => ({
  alias: (name) => aliases.get(name)?.request,
  offering: (name) => offerings.get(name),
  hasModel: (name) => registered.has(name),
});
