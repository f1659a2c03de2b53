import type { Lot } from '../domain/lots.js';
import { FREE, codeOf, type Judgement } from './judgement.js';
import type { Signatures } from './signatures.js';

/** Devices of one host that have a signature in common, counted. */
export interface SignedLot extends Lot {
  readonly signature: number;
}

interface Counting {
  free: number;
  alone: number;
  /** By verdict; made when the first device is not free. */
  refused?: Map<number, number>;
}

/** Counts the devices of a host by their signature. */
export const gatherLots = (signatures: Uint32Array, { verdicts, company }: Judgement, book: Signatures): readonly SignedLot[] => {
  const countings = new Map<number, Counting>();
  for (let place = 0; place < signatures.length; place += 1) {
    const signature = signatures[place] as number;
    const verdict = verdicts[place] as number;
    let counting = countings.get(signature);
    if (!counting) countings.set(signature, (counting = { free: 0, alone: 0 }));
    if (verdict === FREE) {
      counting.free += 1;
      counting.alone += company[place] === 0 ? 1 : 0;
    } else {
      counting.refused ??= new Map();
      counting.refused.set(verdict, (counting.refused.get(verdict) ?? 0) + 1);
    }
  }
  return Array.from(countings, ([signature, { free, alone, refused }]) => ({
    signature,
    attributes: book.attributesOf(signature),
    free,
    alone,
    refused: refused ? Array.from(refused, ([verdict, count]) => ({ code: codeOf(verdict), count })) : NONE_REFUSED,
  }));
};

const NONE_REFUSED: Lot['refused'] = [];

/** The lot of one device. */
export const lotOf = (attributes: Lot['attributes'], verdict: number, company: number): Lot =>
  verdict === FREE
    ? { attributes, free: 1, alone: 1 - company, refused: NONE_REFUSED }
    : { attributes, free: 0, alone: 0, refused: [{ code: codeOf(verdict), count: 1 }] };
