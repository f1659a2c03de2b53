import type pg from 'pg';

/** A checkpoint whose row is locked. */
export interface LockedCheckpoint {
  readonly position: number;
  /** The transaction that wrote it last, as PostgreSQL numbers it. */
  readonly writer: string;
  /** Id of the event that the journal has where somebody wants to go; null where it has none. */
  readonly recorded: string | null;
}

/** How far a projection has come: a row of `journal.checkpoints`, which is the lock between instances as well. */
export class Checkpoint {
  constructor(
    private readonly pool: pg.Pool,
    private readonly name: string,
  ) {}

  /** Its position; makes it at 0 where it is not there yet. */
  async load(): Promise<number> {
    const { rows } = await this.pool.query<{ position: string }>({
      text: `insert into journal.checkpoints (name, position) values ($1, 0)
             on conflict (name) do update set position = checkpoints.position returning position`,
      values: [this.name],
    });
    return Number(rows[0]?.position);
  }

  /** Its position; 0 where it is not there. Waits for nobody, and writes nothing. */
  async read(): Promise<number> {
    const { rows } = await this.pool.query<{ position: string }>({
      name: 'read checkpoint',
      text: 'select position from journal.checkpoints where name = $1',
      values: [this.name],
    });
    return Number(rows[0]?.position ?? 0);
  }

  /**
   * Keeps other instances waiting until the transaction ends. Its commit need not reach the disk at once: a crash takes
   * rows and checkpoint back together, and the journal still has the events.
   */
  async lock(client: pg.ClientBase, upTo: number): Promise<LockedCheckpoint> {
    const { rows } = await client.query<{ position: string; writer: string; recorded: string | null }>({
      name: 'lock checkpoint',
      text: `select position, xmin::text as writer, set_config('synchronous_commit', 'off', true),
               (select event_id from journal.events where position = $2) as recorded
             from journal.checkpoints where name = $1 for update`,
      values: [this.name, upTo],
    });
    if (!rows[0]) throw new Error(`the checkpoint ${this.name} is gone`);
    return { ...rows[0], position: Number(rows[0].position) };
  }

  /** Answers the transaction that wrote it. */
  async move(client: pg.ClientBase, position: number): Promise<string | undefined> {
    const { rows } = await client.query<{ writer: string }>({
      name: 'move checkpoint',
      text: 'update journal.checkpoints set position = $2, updated_at = now() where name = $1 returning xmin::text as writer',
      values: [this.name, position],
    });
    return rows[0]?.writer;
  }
}
