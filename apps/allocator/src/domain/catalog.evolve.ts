import { unhandled } from '@vfleet/decider';
import type { EventData, Model, Policy } from '@vfleet/contracts';
import { compileMatch, withExcludedClasses, withModels } from '@vfleet/pci';
import type { CatalogEvent, CatalogState, StoredPolicy, StoredQuota } from './catalog.js';

/** The catalogue after an event. Never rejects: what is in the log has happened. */
export const evolveCatalog = (state: CatalogState, event: CatalogEvent): CatalogState => {
  switch (event.type) {
    case 'AliasPut':
      return { ...state, aliases: withEntry(state.aliases, event.data.name, event.data) };
    case 'AliasRemoved':
      return { ...state, aliases: withoutEntry(state.aliases, event.data.name) };
    case 'OfferingPut':
      return { ...state, offerings: withEntry(state.offerings, event.data.name, event.data) };
    case 'OfferingRemoved':
      return { ...state, offerings: withoutEntry(state.offerings, event.data.name) };
    case 'ModelRegistered':
      return withRegistered(state, withEntry(state.registered, event.data.model, event.data));
    case 'ModelRemoved':
      return withRegistered(state, withoutEntry(state.registered, event.data.model));
    case 'PolicyPut':
      return { ...state, policies: withEntry(state.policies, event.data.name, toPolicy(event.data)) };
    case 'PolicyRemoved':
      return { ...state, policies: withoutEntry(state.policies, event.data.name) };
    case 'QuotaPut':
      return withQuotas(state, withEntry(state.quotas, event.data.name, toStored(event.data)), event.data.tenant);
    case 'QuotaRemoved':
      return withQuotas(state, withoutEntry(state.quotas, event.data.name), state.quotas.get(event.data.name)?.tenant);
    case 'EligibilityPut': {
      const { excludedClasses } = event.data;
      return { ...state, excludedClasses, rules: withExcludedClasses(state.rules, excludedClasses) };
    }
    default:
      return unhandled(event);
  }
};

const withEntry = <Entry>(entries: ReadonlyMap<string, Entry>, name: string, entry: Entry): ReadonlyMap<string, Entry> =>
  new Map(entries).set(name, entry);

const withoutEntry = <Entry>(entries: ReadonlyMap<string, Entry>, name: string): ReadonlyMap<string, Entry> => {
  const rest = new Map(entries);
  rest.delete(name);
  return rest;
};

const withRegistered = (state: CatalogState, registered: ReadonlyMap<string, Model>): CatalogState => ({
  ...state,
  registered,
  rules: withModels(state.rules, registered.values()),
});

const withQuotas = (state: CatalogState, quotas: ReadonlyMap<string, StoredQuota>, tenant: string | undefined): CatalogState =>
  tenant === undefined
    ? state
    : {
        ...state,
        quotas,
        quotasOf: withEntry(
          state.quotasOf,
          tenant,
          [...quotas.values()].filter((quota) => quota.tenant === tenant),
        ),
      };

/** A match that this version does not understand, written by a newer one, counts nothing. */
const toStored = (quota: EventData<'QuotaPut'>): StoredQuota => {
  const compiled = compileMatch(quota.match);
  return { ...quota, accepts: 'test' in compiled ? compiled.test : () => false };
};

/** A selector that this version does not understand selects nothing. */
const toPolicy = (policy: Policy): StoredPolicy => {
  const { selector } = policy;
  if (selector === undefined) return { policy, accepts: () => true, keys: 0 };
  const compiled = compileMatch(selector);
  return { policy, accepts: 'test' in compiled ? compiled.test : () => false, keys: Object.keys(selector).filter((key) => key !== 'all').length };
};
