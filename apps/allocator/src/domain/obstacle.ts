import type { ReasonCode, Unmet } from '@vfleet/pci';
import { mostFrequent } from './lots.js';

/** What it is when enough devices are there and free, and still cannot be had together; the first that is told counts. */
const COMBINATION: readonly ReasonCode[] = ['SEARCH_LIMIT', 'TAKEN_BY_OTHER_REQUEST', 'NOT_TOGETHER', 'NOT_APART'];

/** The one code that stands most in the way of a wish that a host cannot serve: of the first request that is to blame. */
export const obstacleOfUnmet = ([unmet]: readonly Pick<Unmet, 'asked' | 'free' | 'reasons'>[]): ReasonCode => {
  const { asked = 0, free = 0, reasons = [] } = unmet ?? {};
  const told = (code: ReasonCode): boolean => reasons.some((reason) => reason.code === code);
  if (told('NO_MATCH')) return 'NO_MATCH';
  if (free < asked) return mostFrequent(reasons) ?? 'NO_MATCH';
  return COMBINATION.find(told) ?? reasons.at(-1)?.code ?? 'NO_MATCH';
};
