import type { Migration } from '../migrate.js';

/**
 * The one way by which anything is written, now with one time for the whole batch, and answering it: who wrote events
 * knows them as they are kept, and need not read them again to pass them on. Events come by the column, and JSON as one
 * text with a line for each: that spares taking apart a JSON array of them. The function of before stays for services of
 * before that run on; it writes by the same way. SQLSTATEs: VF001 fenced, VF002 expected version is ahead of the stream,
 * VF003 a claim that is given back is not held.
 */
export const recordedAt: Migration = {
  id: '0005-recorded-at',
  sql: `
create function journal.record(
  p_lease text, p_fence bigint,
  p_streams text[], p_versions bigint[], p_ids uuid[], p_types text[], p_data text, p_meta text,
  p_head_streams text[], p_head_versions bigint[],
  p_inbox text[], p_release json, p_claim json, p_marks json,
  out base bigint, out recorded timestamptz
) language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
  number constant bigint := cardinality(p_streams);
  touched integer;
begin
  update journal.counter set position = position + number returning position - number into base;
  -- Under the lock of the counter, so that times rise with positions.
  recorded := clock_timestamp();

  if p_lease is not null and not exists (select from journal.leases where name = p_lease and fence = p_fence) then
    raise exception 'another owner has taken over %', p_lease using errcode = 'VF001';
  end if;

  if cardinality(p_inbox) > 0 then
    insert into journal.inbox (key) select unnest(p_inbox);
  end if;

  if exists (
    select from unnest(p_head_streams, p_head_versions) as head(stream, version)
    where not exists (select from journal.events e where e.stream = head.stream and e.version = head.version)
  ) then
    raise exception 'a stream is shorter than its writer believes' using errcode = 'VF002';
  end if;

  insert into journal.events (position, stream, version, event_id, type, data, meta, recorded_at)
  select base + e.n, e.stream, e.version, e.id, e.type, e.data::jsonb, e.meta::jsonb, recorded
  from unnest(p_streams, p_versions, p_ids, p_types, string_to_array(p_data, E'\\n'), string_to_array(p_meta, E'\\n'))
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

create or replace function journal.append(
  p_lease text, p_fence bigint, p_events json, p_count integer, p_heads json,
  p_inbox text[], p_release json, p_claim json, p_marks json
) returns bigint language sql as $$
  select recorded.base
  from
    (
      select array_agg(stream order by n) as streams, array_agg(version order by n) as versions, array_agg(id order by n) as ids,
        array_agg(type order by n) as types, string_agg(data::text, E'\\n' order by n) as data, string_agg(meta::text, E'\\n' order by n) as meta
      from rows from (json_to_recordset(p_events) as (stream text, version bigint, id uuid, type text, data jsonb, meta jsonb))
        with ordinality as e(stream, version, id, type, data, meta, n)
    ) event,
    (
      select array_agg(stream) as streams, array_agg(version) as versions
      from json_to_recordset(p_heads) as h(stream text, version bigint) where version > 0
    ) head,
    journal.record(
      p_lease, p_fence, coalesce(event.streams, '{}'), event.versions, event.ids, event.types, event.data, event.meta,
      head.streams, head.versions, p_inbox, p_release, p_claim, p_marks
    ) recorded
$$;

do $$
begin
  if exists (select from pg_roles where rolname = 'vfleet_service') then
    grant execute on function journal.record to vfleet_service;
  end if;
end $$;
`,
};
