import type pg from 'pg';
import { assignments, batch, type Column } from './batch.js';
import type { VmRow } from './vm.js';

interface Stored {
  readonly vm_id: string;
  readonly since: Date;
  readonly seen: VmRow['seen'];
  readonly wishes: VmRow['wishes'];
  readonly holds: VmRow['holds'];
  readonly migration_id: string | null;
}

const COLUMNS: readonly Column<VmRow>[] = [
  { name: 'vm_id', type: 'text', of: ({ vmId }) => vmId },
  { name: 'since', type: 'timestamptz', of: ({ since }) => since },
  { name: 'seen', type: 'jsonb', of: ({ seen }) => seen },
  { name: 'wishes', type: 'jsonb', of: ({ wishes }) => wishes },
  { name: 'holds', type: 'jsonb', of: ({ holds }) => holds },
  { name: 'migration_id', type: 'text', of: ({ migrationId }) => migrationId },
];
const rows = batch(COLUMNS);

/** Rows of `vms`, many at a time. */
export const vmTable = (schema: string) => ({
  get: async (client: pg.ClientBase, vmIds: readonly string[]): Promise<readonly VmRow[]> => {
    const found = await client.query<Stored>({
      name: `${schema} get vms`,
      text: `select ${rows.names} from ${schema}.vms where vm_id = any($1)`,
      values: [vmIds],
    });
    return found.rows.map(({ vm_id, since, seen, wishes, holds, migration_id }) => ({
      vmId: vm_id,
      since: since.toISOString(),
      seen,
      wishes,
      holds,
      migrationId: migration_id,
    }));
  },

  put: (client: pg.ClientBase, vms: readonly VmRow[]): Promise<unknown> =>
    client.query({
      name: `${schema} put vms`,
      text: `insert into ${schema}.vms (${rows.names}) select * from ${rows.source} row
        on conflict (vm_id) do update set ${assignments(COLUMNS, 'vm_id', 'excluded')}`,
      values: rows.values(vms),
    }),
});
