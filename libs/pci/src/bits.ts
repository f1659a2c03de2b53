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

/** All numbers below `size`. */
export const everyBit = (size: number): Bits => {
  const bits = noBits(size).fill(0xff_ff_ff_ff);
  if (size % WORD !== 0) bits[bits.length - 1] = 2 ** (size % WORD) - 1;
  return bits;
};

export const without = (bits: Bits, less: Bits): Bits => {
  const left = bits.slice();
  for (let word = 0; word < left.length; word += 1) left[word] = (left[word] as number) & ~(less[word] as number);
  return left;
};

export const within = (bits: Bits, other: Bits): Bits => {
  const both = bits.slice();
  for (let word = 0; word < both.length; word += 1) both[word] = (both[word] as number) & (other[word] as number);
  return both;
};

/** Adds all of `more` to `bits`. */
export const addBits = (bits: Bits, more: Bits): void => {
  for (let word = 0; word < bits.length; word += 1) bits[word] = (bits[word] as number) | (more[word] as number);
};

/** Adds what two others have both. */
export const addBoth = (bits: Bits, one: Bits, other: Bits): void => {
  for (let word = 0; word < bits.length; word += 1) bits[word] = (bits[word] as number) | ((one[word] as number) & (other[word] as number));
};

/** Ascending. */
export const eachBit = (bits: Bits, visit: (member: number) => void): void => {
  for (let word = 0; word < bits.length; word += 1) for (let left = bits[word] as number; left !== 0; left &= left - 1) visit(lowestOf(left, word));
};

/** Ascending. */
export const membersOf = (bits: Bits): readonly number[] => {
  const members: number[] = [];
  eachBit(bits, (member) => members.push(member));
  return members;
};

export const countBits = (bits: Bits): number => {
  let count = 0;
  for (let word = 0; word < bits.length; word += 1) for (let left = bits[word] as number; left !== 0; left &= left - 1) count += 1;
  return count;
};

/** A question about each of some numbers, asked once about each; answers for which of a set it holds. */
export const askedOnce = (size: number, holds: (member: number) => boolean): ((among: Bits) => Bits) => {
  const asked = noBits(size);
  const held = noBits(size);
  return (among) => {
    eachBit(without(among, asked), (member) => {
      if (holds(member)) addBit(held, member);
    });
    addBits(asked, among);
    return within(among, held);
  };
};

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
