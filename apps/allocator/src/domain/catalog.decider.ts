import { unhandled } from '@vfleet/decider';
import { ELIGIBILITY, type Alias, type EventData, type Model, type Offering, type Policy } from '@vfleet/contracts';
import {
  coverSameDevices,
  excludedClassFaults,
  isBuiltInDeviceType,
  modelFaults,
  tidyExcludedClasses,
  tidyModel,
  type ExcludedClass,
} from '@vfleet/pci';
import type { CatalogEvent, CatalogState } from './catalog.js';
import type { Answer, Decision, Fleet, Refusal } from './decision.js';
import { equal } from './equal.js';
import { heldDevicesOf } from './model-use.js';

/** Something that an operator stores under a name, or takes away. Requests in it have been checked for their form. */
export type CatalogCommand =
  | { readonly type: 'PutAlias'; readonly alias: Alias }
  | { readonly type: 'RemoveAlias'; readonly name: string }
  | { readonly type: 'PutOffering'; readonly offering: Offering }
  | { readonly type: 'RemoveOffering'; readonly name: string }
  | { readonly type: 'RegisterModel'; readonly model: Model }
  | { readonly type: 'RemoveModel'; readonly model: string }
  | { readonly type: 'PutPolicy'; readonly policy: Policy }
  | { readonly type: 'RemovePolicy'; readonly name: string }
  | { readonly type: 'PutQuota'; readonly quota: EventData<'QuotaPut'> }
  | { readonly type: 'RemoveQuota'; readonly name: string }
  | { readonly type: 'PutEligibility'; readonly excludedClasses: readonly ExcludedClass[] };

/** Putting what is there already is no event, and is answered alike. What is taken away is the answer to taking it away. */
export const decideCatalog = (fleet: Fleet, command: CatalogCommand): Decision => {
  const catalog = fleet.catalog();
  switch (command.type) {
    case 'PutAlias': {
      const alias = { ...command.alias, name: command.alias.name.trim() };
      return put(catalog.aliases, alias, { type: 'AliasPut', data: alias });
    }
    case 'RemoveAlias':
      return remove(catalog.aliases, 'alias', command.name, (name) => ({ type: 'AliasRemoved', data: { name } }));
    case 'PutOffering': {
      const offering = { ...command.offering, name: command.offering.name.trim() };
      return put(catalog.offerings, offering, { type: 'OfferingPut', data: offering });
    }
    case 'RemoveOffering':
      return remove(catalog.offerings, 'offering', command.name, (name) => ({ type: 'OfferingRemoved', data: { name } }));
    case 'RegisterModel':
      return register(catalog, tidyModel(command.model) as Model);
    case 'RemoveModel':
      return removeModel(fleet, command.model.trim());
    case 'PutPolicy': {
      const policy = { ...command.policy, name: command.policy.name.trim() };
      return put(policiesOf(catalog), policy, { type: 'PolicyPut', data: policy });
    }
    case 'RemovePolicy':
      return remove(policiesOf(catalog), 'policy', command.name, (name) => ({ type: 'PolicyRemoved', data: { name } }));
    case 'PutQuota':
      return putQuota(catalog, command.quota);
    case 'RemoveQuota':
      return removeQuota(catalog, command.name);
    case 'PutEligibility':
      return putEligibility(catalog, command.excludedClasses);
    default:
      return unhandled(command);
  }
};

const policiesOf = ({ policies }: CatalogState): ReadonlyMap<string, Policy> => new Map(Array.from(policies, ([name, { policy }]) => [name, policy]));

const put = <Entry extends Alias | Offering | Policy>(entries: ReadonlyMap<string, Entry>, entry: Entry, event: CatalogEvent): Decision => {
  if (entry.name === '') return invalid('name', 'says nothing');
  return answered(equal(entries.get(entry.name), entry) ? [] : [event], entry);
};

const remove = <Entry extends Alias | Offering | Policy>(
  entries: ReadonlyMap<string, Entry>,
  what: string,
  asked: string,
  event: (name: string) => CatalogEvent,
): Decision => {
  const name = asked.trim();
  const entry = entries.get(name);
  return entry ? answered([event(name)], entry) : missing(what, name);
};

/** A device is of one model at most: two models of one vendor and product need hosts apart. */
const register = ({ registered }: CatalogState, model: Model): Decision => {
  const faults = modelFaults(model);
  if (faults.length > 0) return refused({ code: 'INVALID_REQUEST', message: 'the model is malformed', details: faults });
  if (isBuiltInDeviceType(model.deviceType))
    return conflicting({ code: 'RESERVED_TYPE', message: `${model.deviceType} is a device type that vfleet derives by itself` });
  const known = registered.get(model.model) ?? [...registered.values()].find((other) => coverSameDevices(other, model));
  if (!known) return answered([{ type: 'ModelRegistered', data: model }], model);
  const message =
    known.model === model.model
      ? `the model ${model.model} is registered already`
      : `${model.vendorId}:${model.productId} is the model ${known.model} already, on hosts that the two have in common`;
  return conflicting({ code: 'ALREADY_EXISTS', message, details: { model: known } });
};

/** Held devices named in the refusal to remove their model at most; all of them are counted. */
const MAX_NAMED = 20;

/** A model whose devices are held stays: what they were given for would not hold any more. */
const removeModel = (fleet: Fleet, name: string): Decision => {
  const model = fleet.catalog().registered.get(name);
  if (!model) return missing('model', name);
  const held = heldDevicesOf(fleet, model);
  if (held.length === 0) return answered([{ type: 'ModelRemoved', data: { model: name } }], model);
  const [first] = held;
  const message = `${held.length} devices of the model ${name} are held, ${first?.address} on ${first?.hostId} by ${first?.vmId}`;
  return conflicting({ code: 'MODEL_IN_USE', message, details: { held: held.length, devices: held.slice(0, MAX_NAMED) } });
};

const putQuota = ({ quotas }: CatalogState, quota: EventData<'QuotaPut'>): Decision => {
  if (quota.tenant.trim() === '') return invalid('tenant', 'says nothing');
  return answered(quotas.get(quota.name)?.limit === quota.limit ? [] : [{ type: 'QuotaPut', data: quota }], quota);
};

const removeQuota = ({ quotas }: CatalogState, name: string): Decision => {
  const stored = quotas.get(name);
  if (!stored) return missing('quota', 'of this tenant and match');
  const { accepts: _, ...quota } = stored;
  return answered([{ type: 'QuotaRemoved', data: { name } }], quota);
};

const putEligibility = (catalog: CatalogState, given: readonly ExcludedClass[]): Decision => {
  const faults = excludedClassFaults(given);
  if (faults.length > 0) return refused({ code: 'INVALID_REQUEST', message: 'the list of classes is malformed', details: faults });
  const excluded = tidyExcludedClasses(given);
  const data = { name: ELIGIBILITY, excludedClasses: [...excluded] };
  return answered(equal(catalog.excludedClasses, excluded) ? [] : [{ type: 'EligibilityPut', data }], data);
};

type CatalogEntry = Extract<Answer, { kind: 'catalog' }>['entry'];

const answered = (events: readonly CatalogEvent[], entry: CatalogEntry): Decision => ({ events, answer: { kind: 'catalog', entry } });
const refused = (refusal: Refusal): Decision => ({ events: [], answer: { kind: 'refused', refusal } });
const conflicting = (refusal: Refusal): Decision => ({ events: [], answer: { kind: 'conflict', refusal } });

const invalid = (field: string, message: string): Decision =>
  refused({ code: 'INVALID_REQUEST', message: `${field} ${message}`, details: [{ field, message }] });

const missing = (what: string, which: string): Decision => ({
  events: [],
  answer: { kind: 'missing', refusal: { code: `${what.toUpperCase()}_NOT_FOUND`, message: `there is no ${what} ${which}` } },
});
