import { DEFAULT_LIMIT, type PageRequest } from '@vfleet/contracts';

/** Entries in the order of their names, a page at a time; a cursor is the last name of the page before. */
export const pageByName = <Entry>(
  entries: Iterable<Entry>,
  nameOf: (entry: Entry) => string,
  { limit = DEFAULT_LIMIT, cursor = null }: PageRequest,
): { readonly items: Entry[]; readonly nextCursor: string | null } => {
  const rest = [...entries].filter((entry) => cursor === null || nameOf(entry) > cursor).sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  const items = rest.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: last !== undefined && rest.length > limit ? nameOf(last) : null };
};
