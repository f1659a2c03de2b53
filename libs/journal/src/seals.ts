import type pg from 'pg';
import { DIGEST_BYTES, EVENT_TEXT, type Head, type Seal } from './seal.js';

/** The digests of the next events. */
export interface Stretch {
  /** Position of its last event. */
  readonly position: number;
  readonly digests: Buffer;
}

interface SealRow {
  readonly position: string;
  readonly follows: string;
  readonly digests: Buffer;
  readonly hash: Buffer;
  readonly sealed_at: Date;
  readonly key_id: string;
  readonly signature: Buffer;
}

const HEAD_COLUMNS = 'position, hash, sealed_at, key_id, signature';

const toHead = (row: Omit<SealRow, 'follows' | 'digests'>): Head => ({
  position: Number(row.position),
  hash: row.hash.toString('hex'),
  sealedAt: row.sealed_at.toISOString(),
  keyId: row.key_id,
  signature: row.signature.toString('base64'),
});

/** The newest seal's head up to a position; undefined where there is none. */
export const newestHead = async (pool: pg.Pool, upTo = Number.MAX_SAFE_INTEGER): Promise<Head | undefined> => {
  const { rows } = await pool.query<SealRow>({
    name: 'newest-head',
    text: `select ${HEAD_COLUMNS} from journal.seals where position <= $1 order by position desc limit 1`,
    values: [upTo],
  });
  return rows[0] && toHead(rows[0]);
};

/** Whether a head stands where it was written. */
export const holdsHead = async (pool: pg.Pool, { position, hash }: Head): Promise<boolean> => {
  const { rowCount } = await pool.query('select from journal.seals where position = $1 and hash = $2', [position, Buffer.from(hash, 'hex')]);
  return rowCount === 1;
};

/** Seals after a position, in order. */
export const readSeals = async (pool: pg.Pool, after: number, limit: number): Promise<readonly Seal[]> => {
  const { rows } = await pool.query<SealRow>({
    name: 'read-seals',
    text: `select ${HEAD_COLUMNS}, follows, digests from journal.seals where position > $1 order by position limit $2`,
    values: [after, limit],
  });
  return rows.map((row) => ({ head: toHead(row), follows: Number(row.follows), digests: row.digests }));
};

/**
 * PostgreSQL hashes the next events, at most so many; undefined where there are none.
 * @throws Error where one is missing between them
 */
export const nextStretch = async (pool: pg.Pool, after: number, limit: number): Promise<Stretch | undefined> => {
  const { rows } = await pool.query<{ last: string | null; digests: Buffer | null }>({
    name: 'next-stretch',
    text: `select max(position) as last, string_agg(digest, ''::bytea order by position) as digests
           from (
             select position, pg_catalog.sha256(pg_catalog.convert_to(${EVENT_TEXT}, 'UTF8')) as digest
             from journal.events where position > $1 order by position limit $2
           ) event`,
    values: [after, limit],
  });
  const [last, digests] = [Number(rows[0]?.last ?? 0), rows[0]?.digests];
  if (!digests) return undefined;
  if (last !== after + digests.length / DIGEST_BYTES) throw new Error(`the journal lacks an event between ${after + 1} and ${last}`);
  return { position: last, digests };
};

export const writeSeal = async (pool: pg.Pool, { head, follows, digests }: Seal): Promise<void> => {
  const { position, hash, sealedAt, keyId, signature } = head;
  await pool.query({
    name: 'write-seal',
    text: 'insert into journal.seals (position, follows, digests, hash, sealed_at, key_id, signature) values ($1, $2, $3, $4, $5, $6, $7)',
    values: [position, follows, digests, Buffer.from(hash, 'hex'), sealedAt, keyId, Buffer.from(signature, 'base64')],
  });
};
