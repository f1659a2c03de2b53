import type pg from 'pg';
import { toStatement } from './append-statement.js';
import type { Appended, Batch, Fence, Mark, NewEvent, RecordedEvent } from './batch.js';
import { isPassing, translate } from './failures.js';

/**
 * Halves the log until one position is left. Times rise with positions, for both are given while the counter's row is
 * locked; an index on them would cost every append and find the same. Where the server's clock was set back, the answer
 * is one of the places between which the clock ran twice.
 */
const POSITION_AT = `
with recursive search(low, high) as (
  select 0::bigint, position from journal.counter
  union all
  select case when early then middle else low end, case when early then high else middle - 1 end
  from search
  cross join lateral (select (low + high + 1) / 2 as middle) half
  cross join lateral (
    select (select date_trunc('milliseconds', recorded_at) <= $1 from journal.events where position = middle) as early
  ) looked
  where low < high
)
select low as position from search where low = high`;

/** The append-only log of one cell: PostgreSQL tables in schema `journal`. */
export class Journal {
  /** How long the journal has been at least, as the answers to appends said: a primary that took over without the last events is shorter. */
  private reached = 0;

  constructor(private readonly pool: pg.Pool) {}

  /**
   * Records a batch in one transaction over as many streams as it touches. A commit whose outcome is unknown is settled by
   * looking for the batch's first event. Where the journal has lost events that this one appended nothing is recorded.
   * @throws StreamConflict, Fenced, AlreadyReceived
   */
  async append(batch: Batch, fence?: Fence): Promise<Appended> {
    try {
      const { rows } = await this.pool.query<{ base: string; recorded: Date }>(toStatement(batch, fence, this.reached));
      const base = Number(rows[0]?.base);
      this.reached = Math.max(this.reached, base + batch.events.length);
      return { base, ...(rows[0] && { recordedAt: rows[0].recorded.toISOString() }) };
    } catch (error) {
      if (!isPassing(error) || batch.events.length === 0) throw translate(error);
      const found = await this.positionOf((batch.events[0] as NewEvent).id);
      if (found === undefined) throw error;
      return { base: found - 1 };
    }
  }

  /** Position of an event; undefined when it was never recorded. */
  async positionOf(eventId: string): Promise<number | undefined> {
    const { rows } = await this.pool.query<{ position: string }>('select position from journal.events where event_id = $1', [eventId]);
    return rows[0] && Number(rows[0].position);
  }

  /** Position of the newest event; 0 when there is none. */
  async head(): Promise<number> {
    const { rows } = await this.pool.query<{ position: string }>({ name: 'head', text: 'select position from journal.counter' });
    return Number(rows[0]?.position ?? 0);
  }

  /** How far somebody who has reached a position is behind: events, and the age of the oldest of them in seconds, on the database's clock. */
  async lagAt(position: number): Promise<{ readonly events: number; readonly seconds: number }> {
    const { rows } = await this.pool.query<{ events: string; seconds: number | null }>({
      name: 'lag-at',
      text: `select counter.position - $1 as events,
               (select extract(epoch from clock_timestamp() - recorded_at)::float8 from journal.events where position = $1::bigint + 1) as seconds
             from journal.counter`,
      values: [position],
    });
    return { events: Math.max(0, Number(rows[0]?.events ?? 0)), seconds: Math.max(0, rows[0]?.seconds ?? 0) };
  }

  /** Events after a position, in order. */
  async read(after: number, limit: number): Promise<readonly RecordedEvent[]> {
    const { rows } = await this.pool.query<EventRow>({
      name: 'read',
      text: `select ${COLUMNS} from journal.events where position > $1 order by position limit $2`,
      values: [after, limit],
    });
    return rows.map(toRecorded);
  }

  async readStream(stream: string, afterVersion = 0, limit = 10_000): Promise<readonly RecordedEvent[]> {
    const { rows } = await this.pool.query<EventRow>({
      name: 'read-stream',
      text: `select ${COLUMNS} from journal.events where stream = $1 and version > $2 order by version limit $3`,
      values: [stream, afterVersion, limit],
    });
    return rows.map(toRecorded);
  }

  /** The events at these positions, in order. */
  async readAt(positions: readonly number[]): Promise<readonly RecordedEvent[]> {
    const { rows } = await this.pool.query<EventRow>({
      name: 'read-at',
      text: `select ${COLUMNS} from journal.events where position = any($1::bigint[]) order by position`,
      values: [positions],
    });
    return rows.map(toRecorded);
  }

  /** Position of the newest event that was recorded at a time or before it, to the millisecond; 0 when there is none. */
  async positionAt(time: Date): Promise<number> {
    const { rows } = await this.pool.query<{ position: string }>({ name: 'position-at', text: POSITION_AT, values: [time] });
    return Number(rows[0]?.position ?? 0);
  }

  /** Which of these messages were answered before. */
  async received(keys: readonly string[]): Promise<ReadonlySet<string>> {
    const { rows } = await this.pool.query<{ key: string }>('select key from journal.inbox where key = any($1)', [keys]);
    return new Set(rows.map(({ key }) => key));
  }

  /** Forgets messages older than they can come again. */
  async forgetReceived(olderThanDays: number): Promise<number> {
    const { rowCount } = await this.pool.query('delete from journal.inbox where received_at < now() - make_interval(days => $1)', [olderThanDays]);
    return rowCount ?? 0;
  }

  /** Every mark whose key starts with the prefix. */
  async marks(prefix: string, withField?: string): Promise<readonly Mark[]> {
    if (withField !== undefined) {
      const text = 'select key, value from journal.marks where starts_with(key, $1) and value ? $2';
      return (await this.pool.query<Mark>(text, [prefix, withField])).rows;
    }
    const { rows } = await this.pool.query<Mark>('select key, value from journal.marks where starts_with(key, $1)', [prefix]);
    return rows;
  }

  /** Forgets marks that lack a field and were not touched for some days; answers how many. */
  async forgetMarks(prefix: string, withoutField: string, days: number): Promise<number> {
    const text = `delete from journal.marks where starts_with(key, $1) and not value ? $2 and marked_at < now() - make_interval(days => $3)`;
    return (await this.pool.query(text, [prefix, withoutField, days])).rowCount ?? 0;
  }
}

const COLUMNS = 'position, stream, version, event_id, type, data, meta, recorded_at';

interface EventRow {
  readonly position: string;
  readonly stream: string;
  readonly version: string;
  readonly event_id: string;
  readonly type: string;
  readonly data: unknown;
  readonly meta: object;
  readonly recorded_at: Date;
}

const toRecorded = (row: EventRow): RecordedEvent => ({
  position: Number(row.position),
  stream: row.stream,
  version: Number(row.version),
  id: row.event_id,
  type: row.type,
  data: row.data,
  meta: row.meta,
  recordedAt: row.recorded_at.toISOString(),
});
