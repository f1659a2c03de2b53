import { UsageError } from './exit-codes.js';

/** Keys of a match whose values are numbers; everything else is text. */
const NUMBERS = ['numaNode', 'iommuGroup', 'speedMbps'];

const BOOLEANS = ['liveMigratable', 'eligible', 'all'];

/**
 * A match, written as `key=value` any number of times; a key that is given again matches any of its values.
 * @throws UsageError that names the option
 */
export const parseMatch = (option: string, texts: readonly string[]): Record<string, unknown> => {
  const match = new Map<string, unknown[]>();
  for (const text of texts) {
    const [key = '', ...rest] = text.split('=');
    const value = rest.join('=');
    if (key === '' || value === '') throw new UsageError(`${option} ${text} is no key=value; write for example ${option} vendorId=8086`);
    match.set(key, [...(match.get(key) ?? []), toValue(option, key, value)]);
  }
  return Object.fromEntries([...match].map(([key, values]) => [key, values.length === 1 ? values[0] : values]));
};

const toValue = (option: string, key: string, value: string): unknown => {
  if (BOOLEANS.includes(key)) return toBoolean(option, key, value);
  if (!NUMBERS.includes(key)) return value;
  if (!/^\d+$/.test(value)) throw new UsageError(`${option} ${key}=${value}: ${key} is a whole number`);
  return Number(value);
};

const toBoolean = (option: string, key: string, value: string): boolean => {
  if (value === 'true' || value === 'false') return value === 'true';
  throw new UsageError(`${option} ${key}=${value}: ${key} is true or false`);
};

/** `key=value` pairs of text, each key once. @throws UsageError that names the option */
export const parsePairs = (option: string, texts: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    texts.map((text) => {
      const [key = '', ...value] = text.split('=');
      if (key === '' || value.length === 0) throw new UsageError(`${option} ${text} is no key=value; write for example ${option} zone=a`);
      return [key, value.join('=')];
    }),
  );
