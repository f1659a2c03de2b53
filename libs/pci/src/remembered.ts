/** A function that computes each answer once. For questions about things that do not change as long as it is kept. */
export const remembered = <Key extends object | string | number, Value>(compute: (key: Key) => Value): ((key: Key) => Value) => {
  const known = new Map<Key, Value>();
  return (key) => {
    const found = known.get(key);
    if (found !== undefined || known.has(key)) return found as Value;
    const computed = compute(key);
    known.set(key, computed);
    return computed;
  };
};
