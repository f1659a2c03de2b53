import { isInUse, type Alternative, type ReasonCode } from '@vfleet/pci';
import { mostFrequent, type Found, type Refused } from '../domain/lots.js';
import { ALONE, CELL, COUNT, SIGNATURE, VERDICT, type Cells } from './cells.js';
import { FREE, codeOf } from './judgement.js';

/** What devices of one signature are to a request. */
export interface Standing {
  readonly accepted: boolean;
  /** What keeps those that are free from this request all the same. */
  readonly misfit?: ReasonCode;
  /** On the VM's NUMA nodes; everywhere where it names none. */
  readonly near: boolean;
  /** The same for signatures that have in common what the devices of the request have to share. */
  readonly share: number;
}

/**
 * What a request finds on a host. Says the same as counting lots does, for requests whose devices need not differ in
 * anything; it is run for every host of a fleet at once, and so looks at nothing but numbers.
 */
export const countCells = ({ count, together }: Alternative, cells: Cells, standingOf: (signature: number) => Standing): Found => {
  const { words, start, end } = cells;
  let [free, near, alone, refused, wanted] = [0, 0, 0, 0, 0];
  for (let cell = start; cell < end; cell += CELL) {
    const standing = standingOf(words[cell + SIGNATURE] as number);
    if (!standing.accepted) continue;
    const number = words[cell + COUNT] as number;
    const verdict = words[cell + VERDICT] as number;
    if (verdict === FREE && standing.misfit === undefined) {
      free += number;
      if (standing.near) near += number;
      alone += words[cell + ALONE] as number;
    } else {
      refused += number;
      if (count === 'all' && isAmongAll(refusalOf(verdict, standing, count))) wanted += number;
    }
  }
  const needed = count === 'all' ? Math.max(1, free + wanted) : count;
  const matched = free + refused;
  const serves = free >= needed && (together.length === 0 || needed === 1 || mostShared(cells, standingOf) >= needed);
  const obstacle = (): ReasonCode => {
    if (matched < needed) return 'NO_MATCH';
    return free < needed ? (mostFrequent(refusals(cells, standingOf, count)) ?? 'NO_MATCH') : 'NOT_TOGETHER';
  };
  return { needed, matched, free, near, alone, serves, obstacle };
};

const isAmongAll = (code: ReasonCode): boolean => isInUse(code) || code === 'ATTRIBUTE_MISSING';

/** Of all devices those are meant that are near enough, whatever else is the matter with the others. */
const refusalOf = (verdict: number, { misfit }: Standing, count: Alternative['count']): ReasonCode =>
  misfit !== undefined && (verdict === FREE || (count === 'all' && misfit === 'NUMA_MISMATCH')) ? misfit : codeOf(verdict);

const refusals = ({ words, start, end }: Cells, standingOf: (signature: number) => Standing, count: Alternative['count']): readonly Refused[] => {
  const refused: Refused[] = [];
  for (let cell = start; cell < end; cell += CELL) {
    const standing = standingOf(words[cell + SIGNATURE] as number);
    const verdict = words[cell + VERDICT] as number;
    if (!standing.accepted || (verdict === FREE && standing.misfit === undefined)) continue;
    refused.push({ code: refusalOf(verdict, standing, count), count: words[cell + COUNT] as number });
  }
  return refused;
};

/** How many free devices have in common what they have to share, at most. */
const mostShared = ({ words, start, end }: Cells, standingOf: (signature: number) => Standing): number => {
  const counts: number[] = [];
  let most = 0;
  for (let cell = start; cell < end; cell += CELL) {
    const { accepted, misfit, share } = standingOf(words[cell + SIGNATURE] as number);
    if (!accepted || misfit !== undefined || words[cell + VERDICT] !== FREE) continue;
    counts[share] = (counts[share] ?? 0) + (words[cell + COUNT] as number);
    most = Math.max(most, counts[share]);
  }
  return most;
};
