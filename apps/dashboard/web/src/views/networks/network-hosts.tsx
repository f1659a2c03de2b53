import { Button } from '@mantine/core';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import type { ApiError } from '../../api/api-error.js';
import { read } from '../../api/ask.js';
import { useParameters } from '../../app/address.js';
import { DataTable, type Column } from '../../parts/data-table.js';
import { plural } from '../../parts/plural.js';
import { Answered } from '../../parts/states.js';
import { HostLink } from '../../parts/to.js';

interface NetworkHost {
  readonly hostId: string;
  readonly free: number;
  readonly held: number;
  readonly targets: number;
}

interface HostPage {
  readonly items: readonly NetworkHost[];
  readonly hosts: number;
  readonly nextCursor: string | null;
}

interface HostRows {
  readonly rows: readonly NetworkHost[];
  readonly hosts: number;
}

const useHosts = (network: string) => {
  const path = `/api/networks/${encodeURIComponent(network)}/hosts`;
  return useInfiniteQuery<HostPage, ApiError, HostRows, readonly unknown[], string>({
    queryKey: ['read', path],
    queryFn: ({ pageParam, signal }) => read<HostPage>(`${path}?limit=200${pageParam && `&cursor=${encodeURIComponent(pageParam)}`}`, signal),
    initialPageParam: '',
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
    select: ({ pages }) => ({ rows: pages.flatMap(({ items }) => items), hosts: pages[0]?.hosts ?? 0 }),
    placeholderData: keepPreviousData,
  });
};

/** Each host of a network, with what it has of it and how many others could take over. */
export const NetworkHosts = ({ network }: { readonly network: string }) => {
  const [, change] = useParameters();
  const query = useHosts(network);
  const columns: readonly Column<NetworkHost>[] = [
    { id: 'host', header: 'Host', width: 160, cell: ({ hostId }) => <HostLink hostId={hostId} /> },
    { id: 'free', header: 'Free VFs', width: 90, align: 'end', cell: ({ free }) => free },
    { id: 'held', header: 'Held VFs', width: 90, align: 'end', cell: ({ held }) => held },
    {
      id: 'targets',
      header: 'Can be taken over by',
      width: 240,
      cell: ({ hostId, held, targets }) =>
        targets === 0 ? (
          <strong>{held > 0 ? 'no host' : 'no other host'}</strong>
        ) : (
          <Button
            variant="subtle"
            size="compact-sm"
            onClick={() => change({ network, from: hostId })}
            aria-label={`${plural(targets, 'host')} can take over from ${hostId}`}
          >
            {plural(targets, 'host')}
          </Button>
        ),
    },
  ];
  return (
    <Answered query={query} what="the hosts">
      {({ rows, hosts }) => (
        <>
          <p className="count" role="status">
            {plural(hosts, 'host')} with virtual functions on {network}
          </p>
          <DataTable
            label={`Hosts on ${network}`}
            columns={columns}
            rows={rows}
            rowId={({ hostId }) => hostId}
            more={{ has: query.hasNextPage, loading: query.isFetchingNextPage, fetch: () => void query.fetchNextPage() }}
          />
        </>
      )}
    </Answered>
  );
};
