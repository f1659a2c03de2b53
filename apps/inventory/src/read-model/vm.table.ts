import type pg from 'pg';
import type { VmRow } from './vm.js';

interface Stored {
  readonly vm_id: string;
  readonly since: Date;
  readonly seen: VmRow['seen'];
  readonly wishes: VmRow['wishes'];
  readonly holds: VmRow['holds'];
}

/** Rows of `vms`, many at a time. */
export const vmTable = (schema: string) => ({
  get: async (client: pg.ClientBase, vmIds: readonly string[]): Promise<readonly VmRow[]> => {
    const { rows } = await client.query<Stored>({
      name: `${schema} get vms`,
      text: `select vm_id, since, seen, wishes, holds from ${schema}.vms where vm_id = any($1)`,
      values: [vmIds],
    });
    return rows.map(({ vm_id, since, seen, wishes, holds }) => ({ vmId: vm_id, since: since.toISOString(), seen, wishes, holds }));
  },

  put: (client: pg.ClientBase, vms: readonly VmRow[]): Promise<unknown> =>
    client.query({
      name: `${schema} put vms`,
      text: `insert into ${schema}.vms (vm_id, since, seen, wishes, holds)
        select "vmId", since, seen, wishes, holds from json_to_recordset($1::json)
          as row("vmId" text, since timestamptz, seen jsonb, wishes jsonb, holds jsonb)
        on conflict (vm_id) do update set seen = excluded.seen, wishes = excluded.wishes, holds = excluded.holds`,
      values: [JSON.stringify(vms)],
    }),
});
