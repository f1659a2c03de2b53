import type { ReasonCode, Unmet } from '@vfleet/pci';
import { mostFrequent } from './lots.js';

/** What it says when devices are there and free, and still cannot be had together. */
const STRUCTURAL: readonly ReasonCode[] = ['NO_MATCH', 'NOT_TOGETHER', 'NOT_APART'];
const BETWEEN_REQUESTS: readonly ReasonCode[] = ['SEARCH_LIMIT', 'TAKEN_BY_OTHER_REQUEST'];

/** The one code that stands most in the way of a wish that a host cannot serve: of the first request that is to blame. */
export const obstacleOfUnmet = ([unmet]: readonly Unmet[]): ReasonCode => {
  const { asked = 0, free = 0, reasons = [] } = unmet ?? {};
  const has = (code: ReasonCode): boolean => reasons.some((reason) => reason.code === code);
  const structural = STRUCTURAL.find(has);
  if (structural) return structural;
  if (free < asked) return mostFrequent(reasons) ?? 'NO_MATCH';
  return BETWEEN_REQUESTS.find(has) ?? reasons.at(-1)?.code ?? 'NO_MATCH';
};
