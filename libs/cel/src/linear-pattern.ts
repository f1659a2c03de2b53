import { RE2JS } from 're2js';
import { rememberingLast } from './least-recent.js';

const MAX_PATTERN = 128;
const KEPT = 256;
/** A repetition is unrolled, so its count is a matter of memory and time. */
const MAX_REPEATS = 32;

/** A pattern of RE2, which takes time in proportion to the text whatever the pattern: it has no back-tracking. */
const compiled = rememberingLast(KEPT, (pattern) => RE2JS.compile(pattern));

/** What is wrong with a pattern, or undefined. */
export const patternFault = (pattern: string): string | undefined => {
  if (pattern.length > MAX_PATTERN) return `has more than ${MAX_PATTERN} characters`;
  const counts = [...pattern.matchAll(/\{(\d*),?(\d*)\}/g)].map(([, from, to]) => Math.max(Number(from), Number(to)));
  if (counts.reduce((product, count) => product * Math.max(count, 1), 1) > MAX_REPEATS) return `repeats more than ${MAX_REPEATS} times`;
  try {
    compiled(pattern);
    return undefined;
  } catch {
    return 'is no pattern of RE2 (no look-around, no back-references)';
  }
};

/** Whether the pattern is found anywhere in the text. */
export const matchesPattern = (text: string, pattern: string): boolean => compiled(pattern).matcher(text).find();
