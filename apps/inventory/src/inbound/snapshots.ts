import type { OnModuleDestroy } from '@nestjs/common';
import type pg from 'pg';

/** What is read as of one moment. */
export interface Snapshot {
  readonly rows: <Row extends object>(text: string, values: readonly unknown[]) => Promise<readonly Row[]>;
}

/**
 * Lists walk along indexes that have their order. A bitmap loses it, and has all that is behind sorted on disk; PostgreSQL would choose one
 * where it expects fewer rows than there are.
 */
const BEGIN = 'begin isolation level repeatable read read only; set local enable_bitmapscan = off';

/**
 * Reads of many rows, each as of one moment. By the driver itself: what TypeORM hands on outlives two collections of young objects,
 * whose pauses it makes five times as long (bench/NOTES.md). Closes its connections with the service.
 */
export class Snapshots implements OnModuleDestroy {
  constructor(private readonly pool: pg.Pool) {}

  /** The moment comes after `since`: it is that of the first read, so that beginning does not wait for it. */
  async read<Answer>(read: (snapshot: Snapshot) => Promise<Answer>, since: () => Promise<void> = async () => {}): Promise<Answer> {
    const opening = this.begin();
    try {
      const [client] = await Promise.all([opening, since()]);
      return await read({
        rows: async <Row extends object>(text: string, values: readonly unknown[]) => (await client.query<Row>(text, [...values])).rows,
      });
    } finally {
      // Its end is not waited for: nothing was written, so that nothing can come of it.
      void opening.then(end, () => undefined);
    }
  }

  onModuleDestroy(): Promise<void> {
    return this.pool.end();
  }

  private async begin(): Promise<pg.PoolClient> {
    const client = await this.pool.connect();
    try {
      await client.query(BEGIN);
      return client;
    } catch (error) {
      client.release(error as Error);
      throw error;
    }
  }
}

const end = (client: pg.PoolClient): Promise<void> =>
  client.query('commit').then(
    () => client.release(),
    (error: Error) => client.release(error),
  );
