import type { Migration } from '../migrate.js';

/** The journal: one counter row orders every event of the cell, so that positions have no gap and become visible in order. */
export const journalTables: Migration = {
  id: '0001-journal',
  sql: `
create table journal.counter (
  only_row boolean primary key default true check (only_row),
  position bigint not null
);
insert into journal.counter (position) values (0);

create table journal.events (
  position    bigint primary key,
  stream      text not null,
  version     bigint not null check (version > 0),
  event_id    uuid not null,
  type        text not null,
  data        jsonb not null,
  meta        jsonb not null,
  recorded_at timestamptz not null default clock_timestamp(),
  constraint events_stream_version unique (stream, version),
  constraint events_event_id unique (event_id)
);

create table journal.inbox (
  key         text constraint inbox_key primary key,
  received_at timestamptz not null default now()
);
create index inbox_received_at on journal.inbox (received_at);

-- A second, independent guard: what is claimed has one holder, whatever the deciders believe.
create table journal.claims (
  claimed  text constraint claims_claimed primary key,
  holder   text not null,
  position bigint not null
);

-- The newest thing seen of something that leaves no event, such as a heartbeat. No history.
create table journal.marks (
  key       text primary key,
  value     jsonb not null,
  marked_at timestamptz not null default now()
);

create table journal.checkpoints (
  name       text primary key,
  position   bigint not null,
  updated_at timestamptz not null default now()
);

create table journal.leases (
  name       text primary key,
  fence      bigint not null,
  owner      text not null,
  expires_at timestamptz not null
);

create table journal.dead_letters (
  id          text primary key,
  subject     text not null,
  code        text not null,
  message     text not null,
  service     text not null,
  received_at timestamptz not null default now(),
  headers     jsonb not null,
  payload     bytea not null,
  published   boolean not null default false
);
create index dead_letters_received_at on journal.dead_letters (received_at, id);
`,
};
