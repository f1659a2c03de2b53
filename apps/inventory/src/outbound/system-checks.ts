import type { DeadLetterCheck, DivergedHost, JournalCheck, ProjectionStatus, ReleaseCheck } from '@vfleet/contracts';
import type pg from 'pg';
import { SCHEMA } from '../read-model/inventory.projection.js';
import { REBUILD_LOCK, REBUILT } from '../read-model/rebuild.js';

/** Positions of the journal that are counted, the newest ones: tens of milliseconds. */
const COUNTED = 100_000;
/** What is told one by one. */
const MOST = 1_000;

/** Positions without an event among the newest, and when the newest was recorded. */
export const checkJournal = async (pool: pg.Pool, head: number): Promise<JournalCheck> => {
  const checked = Math.min(head, COUNTED);
  const { rows } = await pool.query<{ found: string; last: Date | null }>(
    'select count(*) as found, max(recorded_at) filter (where position = $1) as last from journal.events where position > $2 and position <= $1',
    [head, head - checked],
  );
  const [counted] = rows;
  return { checked, missing: checked - Number(counted?.found ?? 0), lastRecordedAt: counted?.last?.toISOString() ?? null };
};

/** Every projection that has a checkpoint, but not what a rebuild has left that was ended by force. */
export const checkProjections = async (pool: pg.Pool, head: number): Promise<ProjectionStatus[]> => {
  const { rows } = await pool.query<{ name: string; position: string; behind: string | null }>(
    `select checkpoint.name, checkpoint.position, extract(epoch from clock_timestamp() - next.recorded_at) as behind
     from journal.checkpoints checkpoint left join journal.events next on next.position = checkpoint.position + 1
     where checkpoint.name <> $1 or ${IS_REBUILDING} order by checkpoint.name`,
    [REBUILT, REBUILD_LOCK],
  );
  return rows.map(({ name, position, behind }) => ({
    name,
    position: Number(position),
    lagEvents: Math.max(0, head - Number(position)),
    lagSeconds: Math.max(0, Math.floor(Number(behind ?? 0))),
    rebuilding: name === REBUILT,
  }));
};

/** An advisory lock with one key stands in pg_locks in two halves. */
const IS_REBUILDING = `exists (
  select from pg_locks where locktype = 'advisory' and granted and objsubid = 1 and ((classid::bigint << 32) | objid::bigint) = hashtext($2)::bigint
    and database = (select oid from pg_database where datname = current_database()))`;

export const checkDeadLetters = async (pool: pg.Pool): Promise<DeadLetterCheck> => {
  const { rows } = await pool.query<{ count: string; oldest: Date | null }>(
    'select count(*) as count, min(received_at) as oldest from journal.dead_letters',
  );
  return { count: Number(rows[0]?.count ?? 0), oldestAt: rows[0]?.oldest?.toISOString() ?? null };
};

/** What VMs have let go and hosts have not attested free, the oldest first. */
export const checkReleases = async (pool: pg.Pool): Promise<ReleaseCheck[]> => {
  const { rows } = await pool.query<{ vm_id: string; host_id: string; devices: number; since: Date | null }>(
    `select vm.vm_id, hold ->> 'hostId' as host_id, jsonb_array_length(hold -> 'releasing') as devices, pending.since
     from ${SCHEMA}.vms vm cross join lateral jsonb_array_elements(vm.holds) hold
     left join lateral (
       select max(event.recorded_at) as since from ${SCHEMA}.vm_events about join journal.events event on event.position = about.position
       where about.vm_id = vm.vm_id and event.type = 'ReleasePending' and event.data ->> 'hostId' = hold ->> 'hostId'
     ) pending on true
     where jsonb_array_length(hold -> 'releasing') > 0 order by pending.since, vm.vm_id limit ${MOST}`,
  );
  return rows.map(({ vm_id, host_id, devices, since }) => ({ vmId: vm_id, hostId: host_id, devices, since: since?.toISOString() ?? null }));
};

/** Hosts whose newest attestation named other devices than the journal knows. */
export const checkDigests = async (pool: pg.Pool): Promise<DivergedHost[]> => {
  const { rows } = await pool.query<{ host_id: string; at: string }>(
    `select substr(key, length('host:') + 1) as host_id, value ->> 'lastSeenAt' as at from journal.marks
     where key like 'host:%' and (value -> 'diverged') = 'true' order by key limit ${MOST}`,
  );
  return rows.map(({ host_id, at }) => ({ hostId: host_id, at }));
};
