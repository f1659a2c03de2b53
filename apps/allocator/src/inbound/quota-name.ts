import { createHash } from 'node:crypto';

/** Hex digits of the hash in a quota's name. */
const DIGITS = 8;

/** How the quota of a tenant and a match is called in events: the order of the match's keys does not count. */
export const quotaName = ({ tenant, match }: { readonly tenant: string; readonly match: Readonly<Record<string, unknown>> }): string => {
  const sorted = Object.fromEntries(Object.entries(match).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return `${tenant}-${createHash('sha256').update(tenant).update(JSON.stringify(sorted)).digest('hex').slice(0, DIGITS)}`;
};
