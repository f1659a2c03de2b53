import type { Attributes } from '@vfleet/pci';
import type { Lot, Refused } from '../domain/lots.js';
import { FREE, codeOf, type Judgement } from './judgement.js';
import type { Signatures } from './signatures.js';

/** The devices of one host, counted: of each signature and verdict how many there are, and how many bring nothing along. */
export interface Cells {
  /** SIGNATURE, VERDICT, COUNT and ALONE in turns, by signature; from `start` to before `end`. */
  readonly words: Int32Array;
  readonly start: number;
  readonly end: number;
}

export const [SIGNATURE, VERDICT, COUNT, ALONE] = [0, 1, 2, 3];
/** Words of one cell. */
export const CELL = 4;

const VERDICTS = 32;

/** Counts the devices of a host. */
export const toCells = (signatures: Uint32Array, { verdicts, company }: Judgement): Int32Array => {
  const keys = new Float64Array(signatures.length);
  for (let place = 0; place < keys.length; place += 1)
    keys[place] = ((signatures[place] as number) * VERDICTS + (verdicts[place] as number)) * 2 + (company[place] as number);
  keys.sort();
  const words: number[] = [];
  let before = -1;
  for (const key of keys) {
    const kind = Math.floor(key / 2);
    if (kind !== before) words.push(Math.floor(kind / VERDICTS), kind % VERDICTS, 0, 0);
    before = kind;
    const cell = words.length - CELL;
    words[cell + COUNT] = (words[cell + COUNT] as number) + 1;
    if (kind % VERDICTS === FREE && key % 2 === 0) words[cell + ALONE] = (words[cell + ALONE] as number) + 1;
  }
  return Int32Array.from(words);
};

/** Devices of one host that have a signature in common. */
export interface SignedLot extends Lot {
  readonly signature: number;
}

/** Those of a host whose signature is accepted. */
export const lotsOf = ({ words, start, end }: Cells, book: Signatures, accepts: (signature: number) => boolean): readonly SignedLot[] => {
  const lots: SignedLot[] = [];
  for (let cell = start; cell < end;) {
    const signature = words[cell + SIGNATURE] as number;
    let [free, alone] = [0, 0];
    const refused: Refused[] = [];
    for (; cell < end && words[cell + SIGNATURE] === signature; cell += CELL) {
      const count = words[cell + COUNT] as number;
      if (words[cell + VERDICT] === FREE) [free, alone] = [count, words[cell + ALONE] as number];
      else refused.push({ code: codeOf(words[cell + VERDICT] as number), count });
    }
    if (accepts(signature)) lots.push({ signature, attributes: book.attributesOf(signature), free, alone, refused });
  }
  return lots;
};

/** The lot of one device. */
export const lotOf = (attributes: Attributes, verdict: number, company: number): Lot =>
  verdict === FREE
    ? { attributes, free: 1, alone: 1 - company, refused: [] }
    : { attributes, free: 0, alone: 0, refused: [{ code: codeOf(verdict), count: 1 }] };
