import type pg from 'pg';

/** A message that can never be accepted, kept with its bytes and headers untouched. */
export interface DeadLetter {
  /** The same for the same message, so that a redelivery is kept once. */
  readonly id: string;
  readonly subject: string;
  readonly code: string;
  readonly message: string;
  readonly service: string;
  readonly headers: Readonly<Record<string, readonly string[]>>;
  readonly payload: Uint8Array;
}

export interface KeptDeadLetter extends Omit<DeadLetter, 'payload' | 'headers'> {
  readonly receivedAt: string;
  /** Bytes of the payload. */
  readonly size: number;
}

interface Row {
  readonly id: string;
  readonly subject: string;
  readonly code: string;
  readonly message: string;
  readonly service: string;
  readonly received_at: string;
  readonly size: number;
}

/** Dead letters in PostgreSQL; the JetStream copy for operators is published by whoever keeps them here. */
export class DeadLetters {
  constructor(private readonly pool: pg.Pool) {}

  /** Keeps it; true when it still has to be published. What PostgreSQL takes in no text stands there as U+FFFD: a letter has to be kept. */
  async keep({ id, code, service, payload, ...told }: DeadLetter): Promise<boolean> {
    const [subject, message] = [storable(told.subject), storable(told.message)];
    const headers = Object.entries(told.headers).map(([name, values]) => [storable(name), values.map(storable)]);
    const { rows } = await this.pool.query<{ published: boolean }>(
      `insert into journal.dead_letters as letter (id, subject, code, message, service, headers, payload) values ($1, $2, $3, $4, $5, $6, $7)
       on conflict (id) do update set code = letter.code returning published`,
      [id, subject, code, message, service, JSON.stringify(Object.fromEntries(headers)), Buffer.from(payload)],
    );
    return rows[0]?.published === false;
  }

  async markPublished(id: string): Promise<void> {
    await this.pool.query('update journal.dead_letters set published = true where id = $1', [id]);
  }

  /** Newest first, after the cursor of the page before. */
  async list(limit: number, before?: { readonly receivedAt: string; readonly id: string }): Promise<readonly KeptDeadLetter[]> {
    const { rows } = await this.pool.query<Row>(
      `select ${COLUMNS} from journal.dead_letters
       where $2::timestamptz is null or (dead_letters.received_at, id) < ($2::timestamptz, $3)
       order by dead_letters.received_at desc, id desc limit $1`,
      [limit, before?.receivedAt ?? null, before?.id ?? null],
    );
    return rows.map(toKept);
  }

  async get(id: string): Promise<(KeptDeadLetter & Pick<DeadLetter, 'headers'> & { readonly payload: Buffer }) | undefined> {
    const { rows } = await this.pool.query<Row & Pick<DeadLetter, 'headers'> & { payload: Buffer }>(
      `select ${COLUMNS}, headers, payload from journal.dead_letters where id = $1`,
      [id],
    );
    return rows[0] && { ...toKept(rows[0]), headers: rows[0].headers, payload: rows[0].payload };
  }

  /** Keeps it no longer; what it was, or undefined where it was not there. */
  async discard(id: string): Promise<KeptDeadLetter | undefined> {
    const { rows } = await this.pool.query<Row>(`delete from journal.dead_letters where id = $1 returning ${COLUMNS}`, [id]);
    return rows[0] && toKept(rows[0]);
  }
}

/** PostgreSQL 15, 8.3 and 8.14: neither text nor jsonb holds NUL, and jsonb no half of a surrogate pair. */
const storable = (text: string): string => text.replaceAll('\u0000', '\ufffd').toWellFormed();

const COLUMNS = `id, subject, code, message, service, length(payload) as size,
  to_char(received_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as received_at`;

const toKept = ({ received_at, id, subject, code, message, service, size }: Row): KeptDeadLetter => ({
  id,
  subject,
  code,
  message,
  service,
  size,
  receivedAt: received_at,
});
