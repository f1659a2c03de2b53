import type pg from 'pg';
import type { Fence } from './batch.js';

export interface LeaseOptions {
  readonly pool: pg.Pool;
  readonly name: string;
  /** Who asks, for people who look: host and process. */
  readonly owner: string;
  /** How long a silent owner keeps it; 1,200 unless told. Shorter takes over sooner, and from an owner that is only slow. */
  readonly milliseconds?: number;
}

const DEFAULT_MS = 1_200;

/**
 * The right to be the one writer. It is a row with an expiry on the database's clock and a fence number that rises
 * with each new owner; `append` checks the number. A lock that lives as long as its connection would not do: a
 * stopped process (SIGSTOP) keeps its connection, and its lock, for ever.
 */
export class Lease {
  private readonly milliseconds: number;
  private held: Fence | undefined;
  /** When the newest question was asked that the database answered with yes, on this process's monotonic clock. */
  private provenAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly options: LeaseOptions) {
    this.milliseconds = options.milliseconds ?? DEFAULT_MS;
  }

  get fence(): Fence | undefined {
    return this.held;
  }

  /** True while nobody else can have taken the lease. A process that was stopped and woken finds it false. */
  get isCertain(): boolean {
    return this.held !== undefined && performance.now() - this.provenAt < this.milliseconds;
  }

  /**
   * Takes the lease when it is free, expired or was this owner's. Taking it locks the counter row first, so that
   * every append of an earlier owner has either ended or will see the new fence.
   */
  async acquire(): Promise<Fence | undefined> {
    if (await this.isTaken()) return undefined;
    const { pool, name, owner } = this.options;
    const asked = performance.now();
    const { rows } = await pool.query<{ fence: string }>(
      `with line as materialized (select position from journal.counter for update)
       insert into journal.leases as lease (name, fence, owner, expires_at)
       select $1, 1, $2, clock_timestamp() + make_interval(secs => $3) from line
       on conflict (name) do update
         set fence = lease.fence + 1, owner = excluded.owner, expires_at = excluded.expires_at
         where lease.expires_at < clock_timestamp() or lease.owner = excluded.owner
       returning fence`,
      [name, owner, this.milliseconds / 1_000],
    );
    this.held = rows[0] && { lease: name, fence: Number(rows[0].fence) };
    this.provenAt = asked;
    return this.held;
  }

  /** Prolongs it; false when another owner has it. */
  async renew(): Promise<boolean> {
    const { pool, name } = this.options;
    const asked = performance.now();
    const { rowCount } = await pool.query(
      'update journal.leases set expires_at = clock_timestamp() + make_interval(secs => $3) where name = $1 and fence = $2',
      [name, this.held?.fence ?? 0, this.milliseconds / 1_000],
    );
    if (rowCount === 0) this.held = undefined;
    else this.provenAt = asked;
    return rowCount === 1;
  }

  /** Gives it back, so that the next owner need not wait for the expiry. */
  async release(): Promise<void> {
    const { pool, name } = this.options;
    await pool.query('update journal.leases set expires_at = clock_timestamp() where name = $1 and fence = $2', [name, this.held?.fence ?? 0]);
    this.held = undefined;
  }

  /** A look without a lock: standbys ask many times a second, and the counter row is in the way of every append. */
  private async isTaken(): Promise<boolean> {
    const { pool, name, owner } = this.options;
    const { rowCount } = await pool.query({
      name: 'lease-taken',
      text: 'select from journal.leases where name = $1 and owner <> $2 and expires_at >= clock_timestamp()',
      values: [name, owner],
    });
    return rowCount !== 0;
  }
}
