import type { Migration } from '../migrate.js';

const PARAMETERS = `
  p_lease text, p_fence bigint, p_events json, p_count integer, p_heads json,
  p_inbox text[], p_release json, p_claim json, p_marks json`;

/**
 * The one way by which anything is written, now with one time for the whole batch, and answering it: who wrote events
 * knows them as they are kept, and need not read them again to pass them on. The function of before stays for services of
 * before that run on; it writes by the same way. SQLSTATEs: VF001 fenced, VF002 expected version is ahead of the stream,
 * VF003 a claim that is given back is not held.
 */
export const recordedAt: Migration = {
  id: '0005-recorded-at',
  sql: `
create function journal.record(${PARAMETERS}, out base bigint, out recorded timestamptz) language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
  touched integer;
begin
  update journal.counter set position = position + p_count returning position - p_count into base;
  -- Under the lock of the counter, so that times rise with positions.
  recorded := clock_timestamp();

  if p_lease is not null and not exists (select from journal.leases where name = p_lease and fence = p_fence) then
    raise exception 'another owner has taken over %', p_lease using errcode = 'VF001';
  end if;

  if cardinality(p_inbox) > 0 then
    insert into journal.inbox (key) select unnest(p_inbox);
  end if;

  if exists (
    select from json_to_recordset(p_heads) as head(stream text, version bigint)
    where head.version > 0
      and not exists (select from journal.events e where e.stream = head.stream and e.version = head.version)
  ) then
    raise exception 'a stream is shorter than its writer believes' using errcode = 'VF002';
  end if;

  insert into journal.events (position, stream, version, event_id, type, data, meta, recorded_at)
  select base + e.n, e.stream, e.version, e.id, e.type, e.data, e.meta, recorded
  from rows from (json_to_recordset(p_events) as (stream text, version bigint, id uuid, type text, data jsonb, meta jsonb))
    with ordinality as e(stream, version, id, type, data, meta, n);

  if p_release is not null then
    delete from journal.claims c using json_to_recordset(p_release) as r(claimed text, holder text)
    where c.claimed = r.claimed and c.holder = r.holder;
    get diagnostics touched = row_count;
    if touched <> json_array_length(p_release) then
      raise exception 'a claim that is given back is not held' using errcode = 'VF003';
    end if;
  end if;
  if p_claim is not null then
    insert into journal.claims (claimed, holder, position)
    select claimed, holder, base from json_to_recordset(p_claim) as r(claimed text, holder text);
  end if;

  if p_marks is not null then
    insert into journal.marks (key, value) select key, value from json_to_recordset(p_marks) as m(key text, value jsonb)
    on conflict (key) do update set value = excluded.value, marked_at = now();
  end if;
end $$;

create or replace function journal.append(${PARAMETERS}) returns bigint language sql as $$
  select base from journal.record($1, $2, $3, $4, $5, $6, $7, $8, $9)
$$;

do $$
begin
  if exists (select from pg_roles where rolname = 'vfleet_service') then
    grant execute on function journal.record to vfleet_service;
  end if;
end $$;
`,
};
