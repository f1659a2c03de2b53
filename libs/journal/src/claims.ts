import { StreamConflict } from './failures.js';

/** A device is taken, or given back, by a holder. */
export interface ClaimChange {
  readonly change: 'claim' | 'release';
  readonly claimed: string;
  readonly holder: string;
}

interface Claim {
  readonly claimed: string;
  readonly holder: string;
}

/**
 * What a list of changes comes to: rows to delete and rows to insert. What is taken twice within the list without
 * being given back is refused here, as the table's key refuses it across lists.
 * @throws StreamConflict
 */
export const netClaims = (changes: readonly ClaimChange[]): { readonly release: readonly Claim[]; readonly claim: readonly Claim[] } => {
  const release = new Map<string, string>();
  const claim = new Map<string, string>();
  for (const { change, claimed, holder } of changes) {
    const taken = claim.get(claimed);
    if (change === 'claim') {
      if (taken !== undefined) throw new StreamConflict(`${claimed} is claimed by ${taken} and by ${holder}`);
      claim.set(claimed, holder);
    } else if (taken === undefined) release.set(claimed, holder);
    else if (taken === holder) claim.delete(claimed);
    else throw new StreamConflict(`${claimed} is held by ${taken}, not by ${holder}`);
  }
  const rows = (map: ReadonlyMap<string, string>): readonly Claim[] => [...map].map(([claimed, holder]) => ({ claimed, holder }));
  return { release: rows(release), claim: rows(claim) };
};
