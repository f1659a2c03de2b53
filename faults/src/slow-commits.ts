export const SLOW_MS = 200;

/** SQL: makes each append take as long as a slow disk would, while it holds the line for all others. */
export const slow = `
create function public.slow() returns trigger language plpgsql as $$ begin perform pg_sleep(${SLOW_MS / 1_000}); return null; end $$;
create trigger slow after insert on journal.events for each statement execute function public.slow()`;

/** SQL: takes it back. */
export const hurry = 'drop trigger slow on journal.events';
