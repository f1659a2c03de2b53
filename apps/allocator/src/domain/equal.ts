/** Equal as JSON: order of keys does not count, and a field that is undefined is a field that is not there. */
export const equal = (a: unknown, b: unknown): boolean => {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null || Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  for (const key of keys) if (!equal((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key])) return false;
  return true;
};
