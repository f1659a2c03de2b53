-- Two logins, made once, by the administrator of the database. The passwords are settings of the connection, given by
-- PGOPTIONS="-c vfleet.password=… -c vfleet.dashboard_password=…", so that they stand in no file.
do $$
begin
  -- Owns the tables and makes vfleet_service, the role that the services act as: it can add events and change none.
  execute format('create role vfleet_owner login createrole password %L', current_setting('vfleet.password'));
  execute format('alter database %I owner to vfleet_owner', current_database());
  -- The dashboard's: three views, and nothing else.
  create role vfleet_dashboard nologin;
  execute format('create role vfleet_dashboard_login login noinherit password %L in role vfleet_dashboard', current_setting('vfleet.dashboard_password'));
end $$;
