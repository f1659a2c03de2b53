/** Longest address, and longest glob over addresses, in characters. */
export const MAX_GLOB = 64;

/**
 * An address glob, anchored at both ends: `*` stands for any run of characters within one part (parts end at
 * `:`, `.` and `-`), `?` for one character. Neither is longer than MAX_GLOB, so that there is no way to write a costly one.
 */
export const matchesAddressGlob = (glob: string, address: string): boolean => {
  if (glob.length > MAX_GLOB || address.length > MAX_GLOB) return false;
  let g = 0;
  let a = 0;
  let star = -1;
  let mark = 0;
  while (a < address.length) {
    const pattern = glob[g];
    if (pattern === '*') {
      star = g++;
      mark = a;
    } else if (pattern === address[a] || (pattern === '?' && !endsPart(address[a]))) {
      g += 1;
      a += 1;
    } else if (star >= 0 && !endsPart(address[mark])) {
      mark += 1;
      a = mark;
      g = star + 1;
    } else return false;
  }
  while (glob[g] === '*') g += 1;
  return g === glob.length;
};

const endsPart = (character: string | undefined): boolean => character === ':' || character === '.' || character === '-';

const GLOB = /^[0-9a-f*?:.-]{1,64}$/i;
const EMPTY_PART = /^[:.-]|[:.-]$|[:.-]{2}/;
/** A PCI address or a glob over some, as no other kind of address is written: its function is at most 7, its slot at most 1f. */
const PCI_FORM = /^(?:[^:.-]+:)?[^:.-]+:[^:.-]+\.[^:.-]+$/;
const PCI_GLOB = /^(?:[0-9a-f*?]+:)?[0-9a-f*?]+:(?:[01]?[0-9a-f]|[0-9a-f]*[*?][0-9a-f*?]*)\.(?:[0-7]|[0-7]?[*?]+)$/i;

/** True for what can be an address or a glob over addresses of any kind (mdev: a UUID). */
export const isAddressGlob = (text: string): boolean => GLOB.test(text) && !EMPTY_PART.test(text) && (!PCI_FORM.test(text) || PCI_GLOB.test(text));

/** Whether a text stands for more than itself. */
export const isGlob = (text: unknown): boolean => typeof text === 'string' && /[*?]/.test(text);

/** A PCI glob without its domain gets domain 0, as an address does; lower case. */
export const canonicalAddressGlob = (glob: string): string => {
  const lower = glob.toLowerCase();
  return /^[0-9a-f*?]{1,2}:[0-9a-f*?]{1,2}(\.[0-7*?]|\*)?$/.test(lower) ? `0000:${lower}` : lower;
};
