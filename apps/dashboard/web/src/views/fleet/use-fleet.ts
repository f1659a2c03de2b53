import { keepPreviousData, useInfiniteQuery, type InfiniteData, type UseInfiniteQueryResult } from '@tanstack/react-query';
import type { ApiError } from '../../api/api-error.js';
import { read } from '../../api/ask.js';
import { toFleet, type Fleet, type FleetPage } from './fleet-page.js';

const toPath = (query: string, cursor: string): string => `/api/fleet?${query}${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`;

/** The fleet that a query chooses, as far as it was scrolled to. */
export const useFleet = (query: string): UseInfiniteQueryResult<Fleet, ApiError> =>
  useInfiniteQuery<FleetPage, ApiError, Fleet, readonly unknown[], string>({
    queryKey: ['read', `/api/fleet?${query}`],
    queryFn: ({ pageParam, signal }) => read<FleetPage>(toPath(query, pageParam), signal),
    initialPageParam: '',
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
    select: ({ pages }: InfiniteData<FleetPage>) => toFleet(pages),
    placeholderData: keepPreviousData,
    // Looking for what has stayed the same takes longer than to show it anew.
    structuralSharing: false,
  });
