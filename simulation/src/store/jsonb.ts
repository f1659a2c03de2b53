import { Refused } from './refused.js';

/** A value, or JSON, as PostgreSQL keeps it in `jsonb`: what is undefined is gone, and keys stand in their order there. @throws Refused */
export const asJsonb = (value: unknown): unknown => parseJsonb(JSON.stringify(value));
export const parseJsonb = (text: string): unknown => {
  refuseUnkept(text);
  return inOrder(JSON.parse(text));
};

/** What stands in JSON for a character zero, or for half of a surrogate pair: after an even number of backslashes. */
const UNKEPT = /(?<!\\)(?:\\\\)*\\u(0000|d[89a-f]..)/;

/** Text in PostgreSQL has neither; it names the first that it meets. */
const refuseUnkept = (text: string): void => {
  const [, unkept] = UNKEPT.exec(text) ?? [];
  if (unkept === '0000') throw new Refused('22P05', 'unsupported Unicode escape sequence');
  if (unkept !== undefined) throw new Refused('22P02', 'invalid input syntax for type json');
};

const inOrder = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(inOrder);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => compareKeys(a, b));
  return Object.fromEntries(entries.map(([key, inner]) => [key, inOrder(inner)]));
};

/** Keys of fewer bytes in UTF-8 come first, others byte by byte. */
const compareKeys = (a: string, b: string): number => Buffer.byteLength(a) - Buffer.byteLength(b) || Buffer.compare(Buffer.from(a), Buffer.from(b));

/** PostgreSQL's `?`: whether a key of an object, an item of a list or the text itself is this one. */
export const hasKey = (value: unknown, key: string): boolean => {
  if (Array.isArray(value)) return value.includes(key);
  return typeof value === 'object' && value !== null ? Object.hasOwn(value, key) : value === key;
};
