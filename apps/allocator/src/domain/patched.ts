interface Patch<Key, Value> {
  readonly base: ReadonlyMap<Key, Value>;
  /** Undefined: not there any more. */
  readonly changes: ReadonlyMap<Key, Value | undefined>;
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
  const changes = base.size > SMALL ? new Map([...(known?.changes ?? []), ...entries]) : undefined;
  if (!changes || changes.size > MOST_CHANGES) return copied(map, entries);
  const made = overlaid({ base, changes });
  patches.set(made, { base, changes });
  return made;
};

type Entries<Key, Value> = readonly (readonly [Key, Value | undefined])[];

const copied = <Key, Value>(map: ReadonlyMap<Key, Value>, entries: Entries<Key, Value>): ReadonlyMap<Key, Value> => {
  const made = new Map(map);
  for (const [key, value] of entries) {
    if (value === undefined) made.delete(key);
    else made.set(key, value);
  }
  return made;
};

const overlaid = <Key, Value>({ base, changes }: Patch<Key, Value>): ReadonlyMap<Key, Value> => {
  let size = base.size;
  for (const [key, value] of changes) size += Number(value !== undefined) - Number(base.has(key));
  const get = (key: Key): Value | undefined => {
    const changed = changes.get(key);
    return changed === undefined && !changes.has(key) ? base.get(key) : changed;
  };
  function* entries(): MapIterator<[Key, Value]> {
    for (const [key, value] of base) if (!changes.has(key)) yield [key, value];
    for (const [key, value] of changes) if (value !== undefined) yield [key, value];
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
