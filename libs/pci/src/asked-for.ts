import { REMOTE_TAG, type Lifting } from './availability.js';
import { isGlob } from './glob.js';
import type { Match } from './match.js';

/**
 * Three rules protect against accidents, and a request lifts them only by saying so in a match, of its own or of its alias. A PF with
 * virtual functions, which would vanish with it, wants `functionType: pf`; neither its name nor its model, its
 * address or a `where` means it. A controller that is offered through its leaves wants its address, in full. What another machine manages wants
 * the tag that says so.
 */
export const askedFor = (matches: readonly Match[]): Lifting => ({
  forPf: matches.some((match) => valuesOf(match, 'functionType').includes('pf')),
  byAddress: matches.some((match) => {
    const addresses = valuesOf(match, 'address');
    return addresses.length > 0 && !addresses.some((address) => isGlob(String(address)));
  }),
  forRemote: matches.some((match) => `tags.${REMOTE_TAG}` in match),
});

const valuesOf = (match: Match, key: string): readonly unknown[] => (key in match ? [match[key]].flat() : []);
