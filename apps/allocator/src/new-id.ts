import { getRandomValues } from 'node:crypto';
import { V7Generator } from 'uuidv7';

/** Drawn at once: a system call for each identifier would cost as much as a decision. */
const RANDOM = new Uint32Array(4_096);
let used = RANDOM.length;

const nextUint32 = (): number => {
  if (used === RANDOM.length) {
    getRandomValues(RANDOM);
    used = 0;
  }
  return RANDOM[used++] as number;
};

const generator = new V7Generator({ nextUint32 });

/** A UUID of version 7 (RFC 9562), greater than those that this process made before. */
export const newId = (): string => generator.generate().toString();
