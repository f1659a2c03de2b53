import type { PciAddress } from '@vfleet/pci';
import type { PciFunction } from './hardware.js';

/** What stays the same when an address, a driver or a group changes. Opaque to everybody but the agent. */
export interface Identified {
  readonly identity: string;
  /** Another device of this host has the same: both fall back to their addresses, and are given to nobody. */
  readonly ambiguous: boolean;
}

/** By what a device that was seen before is recognised. */
export interface Remembered {
  readonly identity: string;
  readonly serial?: string;
  readonly macs: readonly string[];
  /** Undefined where nobody knows any more where it was. */
  readonly path?: string;
}

/** An identity of this form is a makeshift for ambiguous devices, and nothing that a device keeps. */
const BY_ADDRESS = 'address:';
const SERIAL = 'serial:';

/** Vendor, product and subsystem: two devices that differ here are never the same one. */
export const idsOf = (one: Pick<PciFunction, 'vendorId' | 'productId' | 'subsystemVendorId' | 'subsystemProductId'>): string =>
  [one.vendorId, one.productId, one.subsystemVendorId, one.subsystemProductId].map((id) => id ?? '-').join(':');

/** The way from a root bridge down to a function. Bus numbers are not in it: they change when a card is added. */
export const pathText = (root: string, way: readonly string[], ids: string): string => `path:${root}/${way.map(slotAndFunction).join('/')}|${ids}`;

/** Domain and root bridge, for `pathText`. */
export const rootText = (address: string, rootBridge: string): string => `${address.slice(0, address.indexOf(':'))}/${rootBridge}`;

const slotAndFunction = (address: string): string => address.slice(address.lastIndexOf(':') + 1);

const pathOf = (one: PciFunction): string => pathText(rootText(one.address, one.rootBridge), [...one.bridges, one.address], idsOf(one));

/** A serial counts within its vendor and product, and once per function of a card. */
export const serialText = (one: Pick<PciFunction, 'vendorId' | 'productId' | 'serial' | 'functionNumber'>): string | undefined =>
  one.serial && `${SERIAL}pci:${one.vendorId ?? '-'}:${one.productId ?? '-'}:${one.serial}:${one.functionNumber}`;

/** The permanent MACs; several where one function has several ports. */
export const macsOf = ({ net }: Pick<PciFunction, 'net'>): readonly string[] =>
  net.flatMap(({ permanentMac }) => (permanentMac ? [`mac:${permanentMac}`] : [])).sort();

/** What a device is called by itself, whatever was called so before: serial, else MAC, else path. */
const ownIdentity = (one: PciFunction): string => serialText(one) ?? macsOf(one)[0] ?? pathOf(one);

/** What to recognise a device by next time. What a driver hides now is kept from before. */
export const remember = (one: PciFunction, identity: string, before?: Remembered): Remembered => {
  const macs = macsOf(one);
  const serial = serialText(one) ?? before?.serial;
  return { identity, ...(serial !== undefined && { serial }), macs: macs.length > 0 ? macs : (before?.macs ?? []), path: pathOf(one) };
};

/**
 * Gives every function its identity. Who was seen before is recognised by serial, then MAC, then path, and keeps what
 * it was given, for a driver that hides MACs or serials makes no other device of it.
 */
export const identify = (functions: readonly PciFunction[], remembered: readonly Remembered[]): ReadonlyMap<PciAddress, Identified> => {
  const physical = functions.filter(({ vfOf }) => !vfOf);
  const clones = twins(physical, ownIdentity);
  const unique = physical.filter((one) => !clones.has(one));
  const names = settle(
    unique,
    recognise(
      unique,
      remembered.filter(({ identity }) => !identity.startsWith(BY_ADDRESS)),
    ),
  );

  const result = new Map<PciAddress, Identified>();
  for (const one of physical) result.set(one.address, clones.has(one) ? unclear(one) : { identity: names.get(one) as string, ambiguous: false });
  for (const one of functions) {
    if (!one.vfOf) continue;
    const pf = result.get(one.vfOf.pf);
    result.set(one.address, !pf || pf.ambiguous ? unclear(one) : { identity: `vf:${pf.identity}#${one.vfOf.index}`, ambiguous: false });
  }
  return result;
};

/** Who was given a name that is another's own gives it up: names of their own are unique, so that this ends. */
const settle = (functions: readonly PciFunction[], given: ReadonlyMap<PciFunction, string>): ReadonlyMap<PciFunction, string> => {
  const names = new Map(functions.map((one) => [one, given.get(one) ?? ownIdentity(one)]));
  for (;;) {
    const doubles = [...twins(functions, (one) => names.get(one) as string)].filter((one) => names.get(one) !== ownIdentity(one));
    if (doubles.length === 0) return names;
    for (const one of doubles) names.set(one, ownIdentity(one));
  }
};

const unclear = ({ address }: PciFunction): Identified => ({ identity: `${BY_ADDRESS}${address}`, ambiguous: true });

const twins = (functions: readonly PciFunction[], nameOf: (one: PciFunction) => string): ReadonlySet<PciFunction> => {
  const first = new Map<string, PciFunction>();
  const found = new Set<PciFunction>();
  for (const one of functions) {
    const other = first.get(nameOf(one));
    if (other) found.add(other).add(one);
    else first.set(nameOf(one), one);
  }
  return found;
};

/** The ways of recognising, the surest first: the traits of what is there, and those of what is remembered. */
const WAYS: readonly (readonly [(one: PciFunction) => readonly (string | undefined)[], (one: Remembered) => readonly (string | undefined)[]])[] = [
  [(one) => [serialText(one)], ({ identity, serial }) => [identity, serial]],
  [macsOf, ({ identity, macs }) => [identity, ...macs]],
  [(one) => [pathOf(one)], ({ path, identity }) => [path, identity]],
];

const recognise = (functions: readonly PciFunction[], remembered: readonly Remembered[]): ReadonlyMap<PciFunction, string> => {
  const given = new Map<PciFunction, string>();
  const taken = new Set<Remembered>();
  for (const [traitsOf, rememberedTraitsOf] of WAYS) {
    const byTrait = new Map<string | undefined, Remembered[]>();
    for (const one of remembered) if (!taken.has(one)) for (const trait of new Set(rememberedTraitsOf(one))) push(byTrait, trait, one);
    for (const one of functions) {
      if (given.has(one)) continue;
      const known = whereItWas(
        one,
        traitsOf(one)
          .flatMap((trait) => (trait === undefined ? [] : (byTrait.get(trait) ?? [])))
          .filter((candidate) => !taken.has(candidate) && !contradicts(one, candidate)),
      );
      if (!known) continue;
      given.set(one, known.identity);
      taken.add(known);
    }
  }
  return given;
};

/** Of several that share a trait (two cards with one MAC) the one that was at this place; else the first by name, so that looking again finds the same. */
const whereItWas = (one: PciFunction, candidates: readonly Remembered[]): Remembered | undefined => {
  if (candidates.length < 2) return candidates[0];
  const path = pathOf(one);
  return candidates.find((candidate) => candidate.path === path) ?? [...candidates].sort((a, b) => (a.identity < b.identity ? -1 : 1))[0];
};

const push = <Key>(map: Map<Key, Remembered[]>, key: Key, one: Remembered): void => {
  const list = map.get(key);
  if (list) list.push(one);
  else map.set(key, [one]);
};

const contradicts = (one: PciFunction, { serial, identity }: Remembered): boolean => {
  const [now, before] = [serialText(one), serial ?? (identity.startsWith(SERIAL) ? identity : undefined)];
  return now !== undefined && before !== undefined && now !== before;
};
