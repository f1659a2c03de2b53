/** Instead of a value: the key is not there any more. One look then tells that a key has not changed. */
const GONE = Symbol('gone');

interface Patch<Key, Value> {
  readonly base: ReadonlyMap<Key, Value>;
  readonly changes: ReadonlyMap<Key, Value | typeof GONE>;
}

/** A map up to this size is copied: nothing is faster to read. */
const SMALL = 48;
/** So many changes are kept beside a large map before it is copied. */
const MOST_CHANGES = 16;

const patches = new WeakMap<object, Patch<unknown, unknown>>();

/**
 * The map with some entries changed, or taken away where the value is undefined; the map itself stays as it is. Costs a
 * copy of the latest changes, not of the map: one host may have hundreds of VMs, and each event changes one.
 */
export const patched = <Key, Value>(map: ReadonlyMap<Key, Value>, entries: Entries<Key, Value>): ReadonlyMap<Key, Value> => {
  const known = patches.get(map) as Patch<Key, Value> | undefined;
  const base = known?.base ?? map;
  const changes = new Map(known?.changes);
  for (const [key, value] of entries) changes.set(key, value === undefined ? GONE : value);
  if (base.size <= SMALL || changes.size > MOST_CHANGES) return copied(base, changes);
  const made = overlaid({ base, changes });
  patches.set(made, { base, changes });
  return made;
};

type Entries<Key, Value> = readonly (readonly [Key, Value | undefined])[];

const copied = <Key, Value>(base: ReadonlyMap<Key, Value>, changes: Patch<Key, Value>['changes']): ReadonlyMap<Key, Value> => {
  const made = new Map(base);
  for (const [key, value] of changes) {
    if (value === GONE) made.delete(key);
    else made.set(key, value);
  }
  return made;
};

const overlaid = <Key, Value>({ base, changes }: Patch<Key, Value>): ReadonlyMap<Key, Value> => {
  let size = base.size;
  for (const [key, value] of changes) size += Number(value !== GONE) - Number(base.has(key));
  const get = (key: Key): Value | undefined => {
    const changed = changes.get(key);
    if (changed === undefined) return base.get(key);
    return changed === GONE ? undefined : changed;
  };
  function* entries(): MapIterator<[Key, Value]> {
    for (const [key, value] of base) if (!changes.has(key)) yield [key, value];
    for (const [key, value] of changes) if (value !== GONE) yield [key, value];
    return undefined;
  }
  function* mapped<Part>(part: (entry: [Key, Value]) => Part): MapIterator<Part> {
    for (const entry of entries()) yield part(entry);
    return undefined;
  }
  const map: ReadonlyMap<Key, Value> = {
    size,
    get,
    has: (key) => get(key) !== undefined,
    entries,
    keys: () => mapped(([key]) => key),
    values: () => mapped(([, value]) => value),
    forEach: (callback, thisArgument?: unknown) => {
      for (const [key, value] of entries()) callback.call(thisArgument, value, key, map);
    },
    [Symbol.iterator]: entries,
  };
  return map;
};
