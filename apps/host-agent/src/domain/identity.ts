import { SERIAL, type Traits } from './traits.js';

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

/** What a device is called by itself, whatever was called so before: serial, else MAC, else path. */
const ownIdentity = ({ serial, macs, path }: Traits): string => serial ?? macs[0] ?? path;

/** What to recognise a device by next time. What a driver hides now is kept from before. */
export const remember = ({ path, macs, ...one }: Traits, identity: string, before?: Remembered): Remembered => {
  const serial = one.serial ?? before?.serial;
  return { identity, ...(serial !== undefined && { serial }), macs: macs.length > 0 ? macs : (before?.macs ?? []), path };
};

/**
 * Gives every device its identity, by its address. Who was seen before is recognised by serial, then MAC, then path, and keeps what
 * it was given, for a driver that hides MACs or serials makes no other device of it.
 */
export const identify = (devices: readonly Traits[], remembered: readonly Remembered[]): ReadonlyMap<string, Identified> => {
  const physical = devices.filter(({ vfOf }) => !vfOf);
  const clones = twins(physical, ownIdentity);
  const unique = physical.filter((one) => !clones.has(one));
  const names = settle(
    unique,
    recognise(
      unique,
      remembered.filter(({ identity }) => !identity.startsWith(BY_ADDRESS)),
    ),
  );

  const result = new Map<string, Identified>();
  for (const one of physical) result.set(one.address, clones.has(one) ? unclear(one) : { identity: names.get(one) as string, ambiguous: false });
  for (const one of devices) {
    if (!one.vfOf) continue;
    const pf = result.get(one.vfOf.pf);
    result.set(one.address, !pf || pf.ambiguous ? unclear(one) : { identity: `vf:${pf.identity}#${one.vfOf.index}`, ambiguous: false });
  }
  return result;
};

/** Who was given a name that is another's own gives it up: names of their own are unique, so that this ends. */
const settle = (devices: readonly Traits[], given: ReadonlyMap<Traits, string>): ReadonlyMap<Traits, string> => {
  const names = new Map(devices.map((one) => [one, given.get(one) ?? ownIdentity(one)]));
  for (;;) {
    const doubles = [...twins(devices, (one) => names.get(one) as string)].filter((one) => names.get(one) !== ownIdentity(one));
    if (doubles.length === 0) return names;
    for (const one of doubles) names.set(one, ownIdentity(one));
  }
};

const unclear = ({ address }: Traits): Identified => ({ identity: `${BY_ADDRESS}${address}`, ambiguous: true });

const twins = (devices: readonly Traits[], nameOf: (one: Traits) => string): ReadonlySet<Traits> => {
  const first = new Map<string, Traits>();
  const found = new Set<Traits>();
  for (const one of devices) {
    const other = first.get(nameOf(one));
    if (other) found.add(other).add(one);
    else first.set(nameOf(one), one);
  }
  return found;
};

/** The ways of recognising, the surest first: the traits of what is there, and those of what is remembered. */
const WAYS: readonly (readonly [(one: Traits) => readonly (string | undefined)[], (one: Remembered) => readonly (string | undefined)[]])[] = [
  [({ serial }) => [serial], ({ identity, serial }) => [identity, serial]],
  [({ macs }) => macs, ({ identity, macs }) => [identity, ...macs]],
  [({ path }) => [path], ({ path, identity }) => [path, identity]],
];

const recognise = (devices: readonly Traits[], remembered: readonly Remembered[]): ReadonlyMap<Traits, string> => {
  const given = new Map<Traits, string>();
  const taken = new Set<Remembered>();
  for (const [traitsOf, rememberedTraitsOf] of WAYS) {
    const byTrait = new Map<string | undefined, Remembered[]>();
    for (const one of remembered) if (!taken.has(one)) for (const trait of new Set(rememberedTraitsOf(one))) push(byTrait, trait, one);
    for (const one of devices) {
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
const whereItWas = (one: Traits, candidates: readonly Remembered[]): Remembered | undefined => {
  if (candidates.length < 2) return candidates[0];
  return candidates.find((candidate) => candidate.path === one.path) ?? [...candidates].sort((a, b) => (a.identity < b.identity ? -1 : 1))[0];
};

const push = <Key>(map: Map<Key, Remembered[]>, key: Key, one: Remembered): void => {
  const list = map.get(key);
  if (list) list.push(one);
  else map.set(key, [one]);
};

/** Another serial, or other permanent MACs: another device of the same make at the same place. */
const contradicts = (one: Traits, { serial, identity, macs }: Remembered): boolean => {
  const before = serial ?? (identity.startsWith(SERIAL) ? identity : undefined);
  if (one.serial !== undefined && before !== undefined) return one.serial !== before;
  return one.macs.length > 0 && macs.length > 0 && !one.macs.some((mac) => macs.includes(mac));
};
