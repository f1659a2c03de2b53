import type { Migration } from '../migrate.js';

/**
 * What the sealer signs, a row for each stretch of events, so that a change of history shows. Nothing of it is written by an
 * append. Seals follow on each other: no two begin at one place, so that two sealers at once cannot make two chains.
 */
export const seals: Migration = {
  id: '0006-seals',
  sql: `
create table journal.seals (
  -- The last event of the stretch, and the one before its first.
  position  bigint primary key,
  follows   bigint not null unique,
  -- SHA-256 of each event, 32 bytes each, in order.
  digests   bytea not null,
  -- The chain over all digests from the first event of the journal to the last of the stretch.
  hash      bytea not null,
  sealed_at timestamptz not null,
  key_id    text not null,
  signature bytea not null,
  constraint seals_digest_each check (octet_length(digests) = 32 * (position - follows))
);
-- Digests have nothing to compress.
alter table journal.seals alter column digests set storage external;

create function journal.refuse_change_of_seals() returns trigger language plpgsql as $$
begin
  raise exception 'seals are never changed or deleted' using errcode = 'VF009';
end $$;
create trigger seals_are_immutable before update or delete on journal.seals
  for each statement execute function journal.refuse_change_of_seals();
create trigger seals_are_not_truncated before truncate on journal.seals
  for each statement execute function journal.refuse_change_of_seals();

do $$
begin
  if exists (select from pg_roles where rolname = 'vfleet_service') then
    grant select, insert on journal.seals to vfleet_service;
  end if;
end $$;
`,
};
