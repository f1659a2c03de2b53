import type { Migration } from '../migrate.js';

/**
 * Events are never updated or deleted: the service role has no such right, and a trigger refuses it to the owner.
 * Where the owner may not create roles, the trigger stands alone.
 */
export const immutable: Migration = {
  id: '0003-immutable',
  sql: `
create function journal.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'events are never changed or deleted' using errcode = 'VF009';
end $$;
create trigger events_are_immutable before update or delete on journal.events
  for each statement execute function journal.refuse_change();
create trigger events_are_not_truncated before truncate on journal.events
  for each statement execute function journal.refuse_change();

do $$
begin
  begin
    create role vfleet_service nologin;
  exception when duplicate_object or unique_violation or insufficient_privilege then null;
  end;
  if exists (select from pg_roles where rolname = 'vfleet_service') then
    begin
      execute format('grant vfleet_service to %I', current_user);
    exception when insufficient_privilege or invalid_grant_operation then null;
    end;
    grant usage on schema journal to vfleet_service;
    grant select, insert on journal.events to vfleet_service;
    grant select, update on journal.counter to vfleet_service;
    grant select, insert, delete on journal.inbox, journal.claims to vfleet_service;
    grant select, insert, update, delete on journal.marks, journal.checkpoints, journal.leases, journal.dead_letters to vfleet_service;
    grant execute on all functions in schema journal to vfleet_service;
  end if;
end $$;
`,
};
