import type { ApiName, ApiReply, ApiRequest } from '@vfleet/contracts';
import {
  keepPreviousData,
  QueryClient,
  useInfiniteQuery,
  useQuery,
  type InfiniteData,
  type UseInfiniteQueryResult,
  type UseQueryResult,
} from '@tanstack/react-query';
import { ask, read } from './ask.js';
import { isPassing, type ApiError } from './api-error.js';

/** Times that a read is tried again when the servers are away for a moment. */
const RETRIES = 2;

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      retry: (failures, error) => isPassing(error) && failures < RETRIES,
      // What changes is told (`live.ts`); nothing is asked again without a reason.
      staleTime: 30_000,
      refetchOnWindowFocus: false,
    },
  },
});

/** A read by its name in the contract. Undefined as request: nothing is asked yet. */
export const useAsk = <Name extends ApiName>(name: Name, request: ApiRequest<Name> | undefined): UseQueryResult<ApiReply<Name>, ApiError> =>
  useQuery<ApiReply<Name>, ApiError>({
    queryKey: [name, request],
    queryFn: ({ signal }) => ask(name, request as ApiRequest<Name>, signal),
    enabled: request !== undefined,
  });

/** What the dashboard's own server puts together; `path` with its parameters. */
export const useRead = <Reply>(path: string): UseQueryResult<Reply, ApiError> =>
  useQuery<Reply, ApiError>({ queryKey: ['read', path], queryFn: ({ signal }) => read<Reply>(path, signal), placeholderData: keepPreviousData });

/** Requests that answer page by page. */
export type PagedName = {
  [Name in ApiName]: ApiReply<Name> extends { items: unknown[]; nextCursor: string | null } ? Name : never;
}[ApiName];
export type ItemOf<Name extends PagedName> = ApiReply<Name> extends { items: (infer Item)[] } ? Item : never;

interface Page<Item> {
  readonly items: Item[];
  readonly nextCursor: string | null;
}

const itemsOf = <Item>({ pages }: InfiniteData<Page<Item>>): Item[] => pages.flatMap(({ items }) => items);

/** All pages of a list that were scrolled to, in one row. */
export const usePages = <Name extends PagedName>(
  name: Name,
  request: ApiRequest<Name>,
  enabled = true,
): UseInfiniteQueryResult<ItemOf<Name>[], ApiError> =>
  useInfiniteQuery<Page<ItemOf<Name>>, ApiError, ItemOf<Name>[], readonly unknown[], string | undefined>({
    queryKey: [name, request],
    queryFn: async ({ pageParam, signal }) =>
      (await ask(name, { ...request, ...(pageParam !== undefined && { cursor: pageParam }) }, signal)) as unknown as Page<ItemOf<Name>>,
    initialPageParam: undefined,
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
    select: itemsOf,
    enabled,
    placeholderData: keepPreviousData,
  });
