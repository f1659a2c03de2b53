import { Progress } from '@mantine/core';
import { useRead } from '../../api/queries.js';
import { DataTable, type Column } from '../../parts/data-table.js';
import { Answered, Empty } from '../../parts/states.js';
import { HostLink } from '../../parts/to.js';
import { ViewTitle } from '../../parts/view-title.js';
import type { Variety } from '../fleet/fleet-page.js';
import { VarietyLink } from '../fleet/variety-link.js';

interface PoolCapacity extends Variety {
  readonly hostsWithFree: number;
  readonly largest: { readonly count: number; readonly hostId: string } | null;
  readonly fits: Readonly<Record<'1' | '2' | '4' | '8', number>>;
  /** From 0 to 1; null where nothing is free. */
  readonly fragmentation: number | null;
}

/** What `/api/capacity` answers. */
interface CapacityAnswer {
  readonly items: readonly PoolCapacity[];
  readonly more: number;
  readonly fragmentation: string;
}

const PERCENT = 100;

const Free = ({ free, held, label }: PoolCapacity) => (
  <Progress.Root size="lg" className="use">
    <Progress.Section value={free + held > 0 ? (free / (free + held)) * PERCENT : 0} color="teal" aria-label={`Free of ${label}, in percent`} />
  </Progress.Root>
);

const COLUMNS: readonly Column<PoolCapacity>[] = [
  {
    id: 'variety',
    header: 'Devices',
    width: 150,
    cell: ({ filter, label }) => <VarietyLink filter={filter} label={label} />,
  },
  { id: 'type', header: 'Type', width: 100, cell: ({ deviceType }) => deviceType },
  { id: 'use', header: 'Share free', width: 120, cell: (pool) => <Free {...pool} /> },
  { id: 'free', header: 'Free', width: 70, align: 'end', cell: ({ free }) => free },
  { id: 'held', header: 'Held', width: 70, align: 'end', cell: ({ held }) => held },
  { id: 'ineligible', header: 'Ineligible', width: 100, align: 'end', cell: ({ ineligible }) => ineligible },
  { id: 'missing', header: 'Missing', width: 90, align: 'end', cell: ({ missing }) => missing },
  {
    id: 'largest',
    header: 'Largest request',
    width: 170,
    cell: ({ largest }) =>
      largest && (
        <>
          {largest.count} on <HostLink hostId={largest.hostId} />
        </>
      ),
  },
  { id: 'hosts', header: 'Hosts', width: 70, align: 'end', cell: ({ hostsWithFree }) => hostsWithFree },
  ...(['2', '4', '8'] as const).map((size): Column<PoolCapacity> => ({
    id: `fits${size}`,
    header: `Fit ×${size}`,
    width: 75,
    align: 'end',
    cell: ({ fits }) => fits[size],
  })),
  {
    id: 'fragmentation',
    header: 'Fragmented',
    width: 115,
    align: 'end',
    cell: ({ fragmentation }) => (fragmentation === null ? '' : `${Math.round(fragmentation * PERCENT)} %`),
  },
];

/** What can still be had, and in what sizes. */
export const Capacity = () => {
  const query = useRead<CapacityAnswer>('/api/capacity');
  return (
    <>
      <ViewTitle title="Capacity" past="The capacity is that of now." />
      <Answered query={query} what="the capacity">
        {({ items, more, fragmentation }) =>
          items.length === 0 ? (
            <Empty title="No device">Nothing that a VM could have is known.</Empty>
          ) : (
            <>
              <p className="dimmed">
                The largest request is the most devices that one host can still give; “Fit ×4” counts requests of four that fit at once. Only hosts
                that take new VMs count. Fragmented: {fragmentation}.
              </p>
              <DataTable label="Capacity" columns={COLUMNS} rows={items} rowId={({ variety }) => variety} />
              {more > 0 && <p className="dimmed">{more} rarer kinds are not shown.</p>}
            </>
          )
        }
      </Answered>
    </>
  );
};
