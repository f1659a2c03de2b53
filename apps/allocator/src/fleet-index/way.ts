import type { Alternative, Attributes, DeviceObservation, ModelBook, Predicate, RegisteredModel } from '@vfleet/pci';
import type { Lot } from '../domain/lots.js';
import type { IndexedHost, View } from './indexed-host.js';
import { isShared, MODELLED } from './shared-attributes.js';
import { lotOf, type SignedLot } from './signed-lots.js';

/** The lots of a host that one way to serve a request accepts. */
export type Acceptance = (indexed: IndexedHost, view: View) => readonly Lot[];

/**
 * Prepares an alternative to be asked of every host: a condition that signatures can answer is asked once for each of
 * them, and only what is left, an address or a path, of single devices.
 */
export const acceptance = (alternative: Alternative, models: ModelBook): Acceptance => {
  const shared = alternative.conditions.filter(({ reads }) => reads.every(isShared));
  const own = alternative.conditions.filter((condition) => !shared.includes(condition));
  const grouping = [...alternative.together, ...alternative.apart];
  const modelled = [...alternative.reads, ...grouping].some((name) => MODELLED.has(name));
  const describe = modelled ? describer(models) : plainly;
  const accepts = bySignature((attributes) => shared.every(({ test }) => test(attributes)), modelled ? models : undefined);
  const accepted = (indexed: IndexedHost, { lots }: View): readonly SignedLot[] => lots.filter((lot) => accepts(lot, indexed.host.hostId));
  if (own.length > 0 || !grouping.every(isShared)) {
    const test: Predicate = (attributes) => own.every((condition) => condition.test(attributes));
    return (indexed, view) => singleLots(indexed, view, accepted(indexed, view), test, describe);
  }
  if (!modelled) return accepted;
  return (indexed, view) => accepted(indexed, view).map((lot) => ({ ...lot, attributes: describe(lot.attributes, indexed.host.hostId) }));
};

/** What a model is known by. */
type Identified = Pick<DeviceObservation, 'vendorId' | 'productId'>;

type Describe = (attributes: Attributes, hostId: string) => Attributes;

const plainly: Describe = (attributes) => attributes;

const describer =
  (models: ModelBook): Describe =>
  (attributes, hostId) => {
    const model = models.modelOf(hostId, attributes as Identified);
    return model ? { ...attributes, model: model.model, deviceType: model.deviceType } : attributes;
  };

/** Asks once for each signature, and each model that devices of it are of. */
const bySignature = (test: Predicate, models: ModelBook | undefined): ((lot: SignedLot, hostId: string) => boolean) => {
  const answers: (boolean | undefined)[] = [];
  const ofModels = new Map<RegisteredModel, (boolean | undefined)[]>();
  return ({ signature, attributes }, hostId) => {
    const model = models?.modelOf(hostId, attributes as Identified);
    const known = model ? (ofModels.get(model) ?? []) : answers;
    if (model) ofModels.set(model, known);
    return (known[signature] ??= test(model ? { ...attributes, model: model.model, deviceType: model.deviceType } : attributes));
  };
};

/** Each accepted device by itself, where what is asked tells devices of one signature apart. */
const singleLots = (
  { host, signatures }: IndexedHost,
  { judgement }: View,
  lots: readonly SignedLot[],
  test: Predicate,
  describe: Describe,
): readonly Lot[] => {
  if (lots.length === 0) return lots;
  const bySignatureNumber = new Map(lots.map((lot) => [lot.signature, lot]));
  const singles: Lot[] = [];
  let place = -1;
  for (const device of host.devices.values()) {
    place += 1;
    const lot = bySignatureNumber.get(signatures[place] as number);
    if (!lot) continue;
    const attributes = describe({ ...lot.attributes, ...device }, host.hostId);
    if (test(attributes)) singles.push(lotOf(attributes, judgement.verdicts[place] as number, judgement.company[place] as number));
  }
  return singles;
};
