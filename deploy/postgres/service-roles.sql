-- A login for each service that may do what that service does and no more. Run once, by the administrator, after roles.sql;
-- then grants.sql, by the owner, after each migration. Passwords are settings of the connection, as in roles.sql:
-- PGOPTIONS="-c vfleet.allocator_password=… -c vfleet.migrator_password=… -c vfleet.inventory_password=…"
do $$
declare
  service text;
begin
  foreach service in array array['allocator', 'migrator', 'inventory'] loop
    execute format('create role vfleet_%s nologin', service);
    execute format('create role vfleet_%s_login login password %L in role vfleet_%s', service, current_setting(format('vfleet.%s_password', service)), service);
    -- Whoever has died in a transaction holds up nobody for longer.
    execute format('alter role vfleet_%s_login set idle_in_transaction_session_timeout = ''60s''', service);
  end loop;
  -- Reads for people. The allocator and the migrator have none: their appends wait in line, and a restart reads the whole journal.
  alter role vfleet_inventory_login set statement_timeout = '60s';
  alter role vfleet_dashboard_login set statement_timeout = '5s';
  execute format('revoke temporary, create on database %I from public', current_database());
  revoke create on schema public from public;
end $$;
