/** A set of small numbers, 32 to a word, so that a search asks about many devices at once. */
export type Bits = Uint32Array;

const WORD = 32;

export const noBits = (size: number): Bits => new Uint32Array(Math.ceil(size / WORD));

export const bitsOf = (size: number, members: Iterable<number>): Bits => {
  const bits = noBits(size);
  for (const member of members) addBit(bits, member);
  return bits;
};

export const addBit = (bits: Bits, member: number): void => {
  bits[member >>> 5] = (bits[member >>> 5] as number) | (1 << (member & 31));
};

export const dropBit = (bits: Bits, member: number): void => {
  bits[member >>> 5] = (bits[member >>> 5] as number) & ~(1 << (member & 31));
};

export const hasBit = (bits: Bits, member: number): boolean => ((bits[member >>> 5] as number) & (1 << (member & 31))) !== 0;

export const without = (bits: Bits, less: Bits): Bits => bits.map((word, index) => word & ~(less[index] as number));

export const within = (bits: Bits, other: Bits): Bits => bits.map((word, index) => word & (other[index] as number));

/** The lowest member of `bits` that is not in `less`; -1 where there is none. */
export const lowestWithout = (bits: Bits, less: Bits): number => {
  for (let word = 0; word < bits.length; word += 1) {
    const left = (bits[word] as number) & ~(less[word] as number);
    if (left !== 0) return lowestOf(left, word);
  }
  return -1;
};

/** The lowest member of both that is at least `from`; -1 where there is none. */
export const nextOfBoth = (bits: Bits, other: Bits, from: number): number => {
  let word = from >>> 5;
  if (word >= bits.length) return -1;
  let left = (bits[word] as number) & (other[word] as number) & (-1 << (from & 31));
  while (left === 0) {
    word += 1;
    if (word >= bits.length) return -1;
    left = (bits[word] as number) & (other[word] as number);
  }
  return lowestOf(left, word);
};

const lowestOf = (word: number, index: number): number => index * WORD + (31 - Math.clz32(word & -word));
