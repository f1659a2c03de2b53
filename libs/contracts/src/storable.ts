import type { Fault } from '@vfleet/pci';

const MAX_DEPTH = 16;
const FORBIDDEN_NAMES = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * The first place in a JSON value with what JSON allows and nobody can keep or should see: NUL (PostgreSQL refuses it),
 * half a surrogate pair, depth without end, names that play tricks with prototypes.
 */
export const findUnstorable = (value: unknown): Fault | undefined => (canBeKept(value, 0) ? undefined : nameUnstorable(value, '', 0));

/** The same without saying where: nearly every value passes, and most of the cost would be the paths of its fields. */
const canBeKept = (value: unknown, depth: number): boolean => {
  if (typeof value === 'string') return isStorable(value);
  if (typeof value !== 'object' || value === null) return true;
  if (depth > MAX_DEPTH) return false;
  if (Array.isArray(value)) return value.every((item) => canBeKept(item, depth + 1));
  for (const name of Object.keys(value)) {
    if (FORBIDDEN_NAMES.has(name) || !isStorable(name) || !canBeKept((value as Record<string, unknown>)[name], depth + 1)) return false;
  }
  return true;
};

const nameUnstorable = (value: unknown, path: string, depth: number): Fault | undefined => {
  if (typeof value === 'string') return isStorable(value) ? undefined : { field: path || 'body', message: 'holds a character that cannot be stored' };
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth > MAX_DEPTH) return { field: path, message: `is nested deeper than ${MAX_DEPTH}` };
  if (Array.isArray(value)) return firstFault(value.entries(), ([index, item]) => nameUnstorable(item, `${path}[${index}]`, depth + 1));
  return firstFault(Object.entries(value), ([name, item]) => {
    const field = path ? `${path}.${name}` : name;
    if (FORBIDDEN_NAMES.has(name) || !isStorable(name)) return { field, message: 'is not allowed as a name' };
    return nameUnstorable(item, field, depth + 1);
  });
};

/** Text that PostgreSQL takes. */
export const isStorable = (text: string): boolean => !text.includes('\u0000') && text.isWellFormed();

const firstFault = <T>(items: Iterable<T>, look: (item: T) => Fault | undefined): Fault | undefined => {
  for (const item of items) {
    const fault = look(item);
    if (fault) return fault;
  }
  return undefined;
};
