import type { ReasonCode, Unmet } from '@vfleet/pci';
import { mostFrequent } from './lots.js';

/** What it is when enough devices are there and free, and still cannot be had together; the first that is told counts. */
const COMBINATION: readonly ReasonCode[] = ['SEARCH_LIMIT', 'TAKEN_BY_OTHER_REQUEST', 'NOT_TOGETHER', 'NOT_APART'];

/**
 * The one code that stands most in the way of a wish that a host cannot serve: of the first request that is to blame. Where
 * some of them want the same device, that comes before what they rule out for one another: nobody else holds it, and counts
 * alone see it as well.
 */
export const obstacleOfUnmet = (unmet: readonly Pick<Unmet, 'asked' | 'free' | 'reasons'>[]): ReasonCode => {
  const { asked = 0, free = 0, reasons = [] } = unmet[0] ?? {};
  if (tells(reasons, 'NO_MATCH')) return 'NO_MATCH';
  if (free < asked) return mostFrequent(reasons) ?? 'NO_MATCH';
  const combination = COMBINATION.find((code) => tells(reasons, code));
  if (combination) return combination;
  if (unmet.some((one) => tells(one.reasons, 'TAKEN_BY_OTHER_REQUEST'))) return 'TAKEN_BY_OTHER_REQUEST';
  return reasons.at(-1)?.code ?? 'NO_MATCH';
};

const tells = (reasons: Unmet['reasons'], code: ReasonCode): boolean => reasons.some((reason) => reason.code === code);
