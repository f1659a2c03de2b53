/** A function that remembers its last `size` answers and forgets the one that was asked for longest ago. */
export const rememberingLast = <Value>(size: number, compute: (key: string) => Value): ((key: string) => Value) => {
  const known = new Map<string, Value>();
  return (key) => {
    const found = known.get(key);
    const value = found ?? compute(key);
    if (found !== undefined) known.delete(key);
    known.set(key, value);
    if (known.size > size) known.delete(known.keys().next().value as string);
    return value;
  };
};
