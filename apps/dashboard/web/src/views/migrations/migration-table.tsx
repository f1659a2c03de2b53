import type { Migration } from '@vfleet/contracts';
import { DataTable, type Column } from '../../parts/data-table.js';
import { Moment } from '../../parts/moment.js';
import { StateBadge } from '../../parts/state-badge.js';
import { sayDuration } from '../../parts/time.js';
import { HostLink, MigrationLink, VmLink } from '../../parts/to.js';

const COLUMNS: readonly Column<Migration>[] = [
  { id: 'id', header: 'Migration', width: 310, cell: ({ migrationId }) => <MigrationLink migrationId={migrationId} /> },
  { id: 'vm', header: 'VM', width: 130, cell: ({ vmId }) => <VmLink vmId={vmId} /> },
  { id: 'state', header: 'State', width: 115, cell: ({ state }) => <StateBadge state={state} /> },
  { id: 'from', header: 'From', width: 110, cell: ({ sourceHostId }) => sourceHostId !== null && <HostLink hostId={sourceHostId} /> },
  { id: 'to', header: 'To', width: 110, cell: ({ targetHostId }) => targetHostId !== null && <HostLink hostId={targetHostId} /> },
  { id: 'started', header: 'Started', width: 215, cell: ({ startedAt }) => <Moment time={startedAt} /> },
  {
    id: 'interruption',
    header: 'Interruption',
    width: 120,
    align: 'end',
    cell: ({ interruptionMs }) => interruptionMs !== null && sayDuration(interruptionMs),
  },
  { id: 'why', header: 'Why', width: 180, cell: ({ code }) => code },
];

interface MigrationTableProps {
  readonly migrations: readonly Migration[];
  readonly more?: { readonly has: boolean; readonly loading: boolean; readonly fetch: () => void };
}

export const MigrationTable = ({ migrations, more }: MigrationTableProps) => (
  <DataTable label="Migrations" columns={COLUMNS} rows={migrations} rowId={({ migrationId }) => migrationId} {...(more && { more })} />
);
