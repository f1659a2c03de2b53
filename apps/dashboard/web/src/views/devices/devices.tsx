import { usePages } from '../../api/queries.js';
import { DataTable, type Column } from '../../parts/data-table.js';
import { Answered, Empty } from '../../parts/states.js';
import { ViewTitle } from '../../parts/view-title.js';
import type { Device } from '@vfleet/contracts';
import { DeviceLink, HostLink, VmLink } from '../../parts/to.js';
import { StateBadge } from '../../parts/state-badge.js';
import { atField, useAsOf } from '../../app/as-of.js';

const COLUMNS: readonly Column<Device>[] = [
  { id: 'address', header: 'Address', width: 140, cell: ({ deviceId, address }) => <DeviceLink deviceId={deviceId}>{address}</DeviceLink> },
  { id: 'host', header: 'Host', width: 130, cell: ({ hostId }) => <HostLink hostId={hostId} /> },
  { id: 'state', header: 'State', width: 120, cell: ({ state }) => <StateBadge state={state} /> },
  { id: 'holder', header: 'Holder', width: 150, cell: ({ reservation }) => reservation && <VmLink vmId={reservation.vmId} /> },
];

export const Devices = () => {
  const query = usePages('devices.list', { ...atField(useAsOf()) });
  return (
    <>
      <ViewTitle title="Devices" />
      <Answered query={query} what="devices">
        {(devices) =>
          devices.length === 0 ? (
            <Empty title="No device matches" />
          ) : (
            <DataTable
              label="Devices"
              columns={COLUMNS}
              rows={devices}
              rowId={({ deviceId }) => deviceId}
              more={{ has: query.hasNextPage, loading: query.isFetchingNextPage, fetch: () => void query.fetchNextPage() }}
            />
          )
        }
      </Answered>
    </>
  );
};
