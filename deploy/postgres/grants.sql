-- What each service may do, statement by statement. Run by the owner of the tables after each migration; again does no harm.
-- Nobody but the owner may change or delete an event, and a trigger refuses it to the owner.
begin;
revoke all on all tables in schema journal, inventory from vfleet_allocator, vfleet_migrator, vfleet_inventory;
grant usage on schema journal to vfleet_allocator, vfleet_migrator, vfleet_inventory;
grant select on journal.migrations to vfleet_allocator, vfleet_migrator, vfleet_inventory;

-- The two that decide append to the journal, by journal.record.
grant select, insert on journal.events to vfleet_allocator, vfleet_migrator;
grant select, update (position) on journal.counter to vfleet_allocator, vfleet_migrator;
grant select, insert, delete on journal.inbox, journal.claims to vfleet_allocator, vfleet_migrator;
grant select, insert, update, delete on journal.marks to vfleet_allocator, vfleet_migrator;
grant select, insert, update on journal.leases to vfleet_allocator, vfleet_migrator;
grant select on journal.checkpoints to vfleet_allocator, vfleet_migrator;
grant select, insert, update on journal.dead_letters to vfleet_allocator;
-- The allocator seals, where it has a key. Nobody else writes a seal.
grant select, insert on journal.seals to vfleet_allocator;

-- The inventory reads the journal, and keeps what it makes of it in a schema of its own.
grant select on journal.events, journal.counter, journal.marks to vfleet_inventory;
grant select, insert, update on journal.checkpoints to vfleet_inventory;
grant select, delete on journal.dead_letters to vfleet_inventory;
grant usage on schema inventory to vfleet_inventory;
grant select, insert, update, delete on all tables in schema inventory to vfleet_inventory;
revoke insert, update, delete on inventory.migrations from vfleet_inventory;
-- As this role it reads for tenants, each of whom sees its own rows (VFLEET_TENANTS). Where an administrator has made the role, he grants it.
-- It takes nothing over from it: rows of all tenants are its business, and the policies on them are not asked.
do $$
begin
  grant vfleet_tenant to vfleet_inventory;
  if current_setting('server_version_num')::integer >= 160000 then
    execute 'grant vfleet_tenant to vfleet_inventory with inherit false';
  else
    alter role vfleet_inventory noinherit;
  end if;
exception when undefined_object or insufficient_privilege then null;
end $$;
commit;
