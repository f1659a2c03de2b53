import type { Query, QueryClient } from '@tanstack/react-query';
import { isTouched, type Changes } from './changes.js';

/** A list of more pages than this is read again only when it is asked for: each page is a request of its own. */
export const MOST_FOLLOWED_PAGES = 5;

/** How many pages of a list are there; one for what is no list of pages. */
export const pagesOf = (data: unknown): number =>
  typeof data === 'object' && data !== null && 'pages' in data && Array.isArray(data.pages) ? data.pages.length : 1;

/**
 * Reads again what is shown and may have changed. True when some of it was just being read: that is left to end, but may have been
 * asked for before the change, so that it has to be read once more.
 */
export const readAgain = (client: QueryClient, changes: Changes): boolean => {
  const predicate = ({ queryKey, state }: Query): boolean => isTouched(queryKey, changes) && pagesOf(state.data) <= MOST_FOLLOWED_PAGES;
  const wasBeingRead = client.getQueryCache().findAll({ predicate, type: 'active', fetchStatus: 'fetching' }).length > 0;
  void client.invalidateQueries({ predicate }, { cancelRefetch: false });
  return wasBeingRead;
};
