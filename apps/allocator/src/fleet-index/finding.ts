import {
  attributeValue,
  misfit,
  traitsOf,
  type Alternative,
  type Attributes,
  type DeviceObservation,
  type DeviceRules,
  type Predicate,
  type Wish,
} from '@vfleet/pci';
import { socketsOf } from '../domain/host.js';
import { count, type Found, type Lot } from '../domain/lots.js';
import { lotOf, lotsOf, type SignedLot } from './cells.js';
import { countCells, type Standing } from './count-cells.js';
import type { IndexedHost, View } from './indexed-host.js';
import { isTags, isTrait, MODELLED } from './shared-attributes.js';
import type { Signatures } from './signatures.js';

/** What one way to serve a request finds on a host. `details` are looked at only where counts do not answer. */
export type Finding = (view: Pick<View, 'cells'>, details: () => IndexedHost & View) => Found;

/** What a question is asked about, beside the hosts. */
export interface Ground {
  readonly book: Signatures;
  readonly rules: DeviceRules;
  /** Some models are registered for some hosts only, so that a signature does not say what model a device is of. */
  readonly localModels: boolean;
}

/**
 * Prepares an alternative to be asked of every host: a condition that signatures can answer is asked once for each of
 * them, and only what is left, an address or a path, of single devices.
 */
export const finding = (alternative: Alternative, wish: Pick<Wish, 'numaNodes'>, ground: Ground): Finding => {
  const { together, apart, reads, conditions, numaPolicy } = alternative;
  const isShared = (attribute: string): boolean => ground.book.tells(attribute);
  const shared = conditions.filter((condition) => condition.reads.every(isShared));
  const own = conditions.filter((condition) => !shared.includes(condition));
  const grouping = [...together, ...apart];
  const modelled = [...reads, ...grouping].some((name) => MODELLED.has(name));
  const single = own.length > 0 || !grouping.every(isShared);
  const bySockets = numaPolicy === 'socket' && (wish.numaNodes?.length ?? 0) > 0;
  const accepts: Predicate = (attributes) => shared.every(({ test }) => test(attributes));
  if (single || apart.length > 0 || bySockets || (modelled && ground.localModels)) {
    const test: Predicate = (attributes) => own.every((condition) => condition.test(attributes));
    const narrow = single ? singled(test, [...own.flatMap((condition) => condition.reads), ...grouping]) : undefined;
    return closely(alternative, accepts, wish, ground, narrow);
  }
  const standingOf = standings(alternative, accepts, wish, ground);
  return ({ cells }) => countCells(alternative, cells, standingOf);
};

/** A host that nobody has: models that are registered for all hosts are known there. */
const ANY_HOST = '';

const describe = (attributes: Attributes, { rules }: Ground, hostId: string): Attributes => {
  const model = rules.modelOf(hostId, attributes as Pick<DeviceObservation, 'vendorId' | 'productId'>);
  return model ? { ...attributes, model: model.model, deviceType: model.deviceType } : attributes;
};

/** What each signature is to an alternative, found out when the first device of it is met. */
const standings = (alternative: Alternative, accepts: Predicate, { numaNodes = [] }: Pick<Wish, 'numaNodes'>, ground: Ground) => {
  const known: Standing[] = [];
  const shares = new Map<string, number>();
  const unfit = misfit(alternative, { numaNodes }, {});
  const make = (signature: number): Standing => {
    const attributes = describe(ground.book.attributesOf(signature), ground, ANY_HOST);
    if (!accepts(attributes)) return NOT_ACCEPTED;
    const { numaNode } = attributes as Pick<DeviceObservation, 'numaNode'>;
    const no = unfit({ numaNode }, () => attributes);
    const shared = JSON.stringify(alternative.together.map((name) => attributeValue(attributes, name)));
    if (!shares.has(shared)) shares.set(shared, shares.size);
    const near = numaNodes.length === 0 || (numaNode !== null && numaNodes.includes(numaNode));
    return { accepted: true, near, share: shares.get(shared) as number, ...(no && { misfit: no.code }) };
  };
  return (signature: number): Standing => (known[signature] ??= make(signature));
};

const NOT_ACCEPTED: Standing = { accepted: false, near: false, share: 0 };

type Narrow = (details: IndexedHost & View, lots: readonly SignedLot[]) => readonly Lot[];

/** Lot by lot, for what depends on the host itself. */
const closely = (
  alternative: Alternative,
  accepts: Predicate,
  wish: Pick<Wish, 'numaNodes'>,
  ground: Ground,
  narrow: Narrow | undefined,
): Finding => {
  const { book } = ground;
  const answers = new Map<Attributes['model'], (boolean | undefined)[]>();
  return ({ cells }, details) => {
    const indexed = details();
    const { host } = indexed;
    const accepted = (signature: number): boolean => {
      const attributes = describe(book.attributesOf(signature), ground, host.hostId);
      const known = answers.get(attributes['model']) ?? [];
      answers.set(attributes['model'], known);
      return (known[signature] ??= accepts(attributes));
    };
    const lots = lotsOf(cells, book, accepted).map((lot) => ({ ...lot, attributes: describe(lot.attributes, ground, host.hostId) }));
    return count(alternative, narrow ? narrow(indexed, lots) : lots, wish, { sockets: socketsOf(host) });
  };
};

/** Each device by itself, where what is asked tells devices of one signature apart. */
const singled = (test: Predicate, reads: readonly string[]): Narrow => {
  const names = [...new Set([...reads.map((name) => (isTags(name) ? 'tags' : name)), 'numaNode'])];
  return ({ host, signatures, judgement }, lots) => {
    if (lots.length === 0) return lots;
    const bySignature = new Map(lots.map((lot) => [lot.signature, lot]));
    const singles: Lot[] = [];
    let place = -1;
    for (const device of host.devices.values()) {
      place += 1;
      const lot = bySignature.get(signatures[place] as number);
      if (!lot) continue;
      const attributes = pick(names, lot.attributes, device, () => host.devices.get(device.parentDeviceId ?? ''));
      if (test(attributes)) singles.push(lotOf(attributes, judgement.verdicts[place] as number, judgement.company[place] as number));
    }
    return singles;
  };
};

/** What is shared comes from the lot, what is a device's own from itself, and else from its PF. */
const pick = (names: readonly string[], shared: Attributes, device: DeviceObservation, pfOf: () => DeviceObservation | undefined): Attributes => {
  const picked: Record<string, unknown> = {};
  for (const name of names) {
    const own = name === 'tags' ? device.tags : (shared[name] ?? (device as unknown as Attributes)[name]);
    const value = own ?? (isTrait(name) ? traitsOf(device, pfOf())[name] : undefined);
    if (own === null || value !== undefined) picked[name] = value ?? null;
  }
  return picked;
};
