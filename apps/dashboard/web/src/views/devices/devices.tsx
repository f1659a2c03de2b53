import { Button } from '@mantine/core';
import type { Device } from '@vfleet/contracts';
import { usePages } from '../../api/queries.js';
import { MOST_FOLLOWED_PAGES } from '../../api/read-again.js';
import { useParameters } from '../../app/address.js';
import { atField, useAsOf } from '../../app/as-of.js';
import { DataTable, type Column } from '../../parts/data-table.js';
import { StateBadge } from '../../parts/state-badge.js';
import { Answered, Empty } from '../../parts/states.js';
import { DeviceLink, HostLink, VmLink } from '../../parts/to.js';
import { ViewTitle } from '../../parts/view-title.js';
import { CsvButton } from './csv-button.js';
import { toFilter } from './device-filter.js';
import { FilterBar } from './filter-bar.js';

const PAGE = 200;

const COLUMNS: readonly Column<Device>[] = [
  { id: 'address', header: 'Address', width: 130, cell: ({ deviceId, address }) => <DeviceLink deviceId={deviceId}>{address}</DeviceLink> },
  { id: 'host', header: 'Host', width: 130, cell: ({ hostId }) => <HostLink hostId={hostId} /> },
  { id: 'name', header: 'Name', width: 120, cell: ({ name }) => name },
  {
    id: 'state',
    header: 'State',
    width: 115,
    cell: ({ state }) => <StateBadge state={state} />,
  },
  { id: 'why', header: 'Why not', width: 150, cell: ({ ineligible }) => ineligible.map(({ code }) => code).join(' ') },
  { id: 'holder', header: 'Holder', width: 130, cell: ({ reservation }) => reservation && <VmLink vmId={reservation.vmId} /> },
  { id: 'type', header: 'Type', width: 100, cell: ({ deviceType }) => deviceType },
  { id: 'product', header: 'Product', width: 260, cell: ({ productName, className }) => productName ?? className },
  { id: 'ids', header: 'Ids', width: 100, cell: ({ vendorId, productId }) => vendorId && `${vendorId}:${productId}` },
  { id: 'function', header: 'Function', width: 85, cell: ({ functionType }) => functionType },
  { id: 'numa', header: 'NUMA', width: 75, align: 'end', cell: ({ numaNode }) => numaNode },
  { id: 'group', header: 'Group', width: 75, align: 'end', cell: ({ iommuGroup }) => iommuGroup },
  { id: 'network', header: 'Network', width: 120, cell: ({ physicalNetwork }) => physicalNetwork },
];

/** A long list is not read again whenever something changes. */
const NotFollowed = ({ read }: { readonly read: () => void }) => (
  <>
    , too many to be followed live.{' '}
    <Button variant="subtle" size="compact-xs" onClick={read}>
      Read them again
    </Button>
  </>
);

/** Every device of the fleet, narrowed on the server; the conditions stand in the address. */
export const Devices = () => {
  const [search] = useParameters();
  const asOf = useAsOf();
  const filter = toFilter(search);
  const where = search.get('where') || undefined;
  const query = usePages('devices.list', { filter, limit: PAGE, ...(where && { where }), ...atField(asOf) });
  return (
    <>
      <ViewTitle title="Devices">
        <CsvButton filter={filter} where={where} asOf={asOf} />
      </ViewTitle>
      <FilterBar />
      <Answered query={query} what="devices">
        {(devices) =>
          devices.length === 0 ? (
            <Empty title="No device is like that">Take a condition away, or look at another time.</Empty>
          ) : (
            <>
              <p className="count" role="status">
                {devices.length}
                {query.hasNextPage ? ' or more' : ''} {devices.length === 1 ? 'device' : 'devices'}
                {devices.length > PAGE * MOST_FOLLOWED_PAGES && <NotFollowed read={() => void query.refetch()} />}
              </p>
              <DataTable
                label="Devices"
                columns={COLUMNS}
                rows={devices}
                rowId={({ deviceId }) => deviceId}
                more={{ has: query.hasNextPage, loading: query.isFetchingNextPage, fetch: () => void query.fetchNextPage() }}
              />
            </>
          )
        }
      </Answered>
    </>
  );
};
