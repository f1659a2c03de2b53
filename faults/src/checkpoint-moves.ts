import type { Findings } from './findings.js';
import type { Stage } from './stage.js';

/** Writes down each time that a projection puts its checkpoint on, and by which connection. */
const WITNESS = `
create table public.checkpoint_moves (n bigserial primary key, was bigint not null, became bigint not null, writer int not null);
create function public.witness() returns trigger language plpgsql security definer as $$
begin
  insert into public.checkpoint_moves (was, became, writer) values (old.position, new.position, pg_backend_pid());
  return new;
end $$;
create trigger witness before update on journal.checkpoints for each row
  when (new.name = 'inventory' and new.updated_at is distinct from old.updated_at) execute function public.witness()`;

export const watchMoves = async ({ database }: Stage): Promise<void> => void (await database.query(WITNESS));

/** How often it was put on, and by how many connections: each begins where the one before ended, so no event's rows were written twice. */
export const judgeMoves = async ({ database }: Stage): Promise<Findings & { readonly moves: number; readonly writers: number }> => {
  const { rows } = await database.query<{ was: string; became: string; writer: number }>(
    'select was, became, writer from public.checkpoint_moves order by n',
  );
  const moves = rows.map(({ was, became, writer }) => ({ was: Number(was), became: Number(became), writer }));
  const follows = (n: number): boolean => n === 0 || moves[n]?.was === moves[n - 1]?.became;
  return {
    moves: moves.length,
    writers: new Set(moves.map(({ writer }) => writer)).size,
    lost: [],
    doubled: moves.filter(({ was, became }) => became <= was).map(({ became }) => `rows up to position ${became} were written again`),
    misplaced: moves.filter((_, n) => !follows(n)).map(({ was, became }) => `rows from position ${was} to ${became} do not follow on those before`),
  };
};
