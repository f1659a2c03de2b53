import { Checkpoint, Journal, Lease, type Batch, type LockedCheckpoint, type NewEvent } from '@vfleet/journal';
import type pg from 'pg';
import { plain, type Stage } from './histories.js';
import type { Owner, StoreStep } from './store-history.js';
import type { StoreUnderTest } from './stores.js';

type Step<What extends StoreStep['what']> = Extract<StoreStep, { readonly what: What }>;

const LONG_MS = 60_000;
/** Over before it begins. */
const OVER_MS = -1_000;
const ALL = 1_000;
const KEYS = ['k1', 'k2', 'K1', 'ключ', '\u{1F511}', 'never'];

const idOf = (number: number): string => `00000000-0000-7000-8000-${String(number).padStart(12, '0')}`;
/** An outcome, or the name of what it was refused for. */
const outcomeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.catch((error: Error & { readonly code?: string }) => ({ refused: error.code ?? error.name }));

/** A store with one service that writes to it, two that want its lease, and projections. */
export class StoreStage implements Stage<StoreStep> {
  private readonly journal: Journal;
  private readonly leases = new Map<Owner, Lease>();
  /** Versions that the streams are at, by the events that were read last. */
  private versions = new Map<string, number>();
  private made = 0;
  /** The transaction that moved each checkpoint last. */
  private readonly movers = new Map<string, string | undefined>();

  constructor(private readonly store: StoreUnderTest) {
    this.journal = new Journal(store.pool);
  }

  async look(): Promise<unknown> {
    const { journal, store } = this;
    const events = (await store.settle(journal.read(0, ALL))).map(({ recordedAt: _, ...event }) => event);
    this.versions = new Map(events.map(({ stream, version }) => [stream, version]));
    const { inbox, ...contents } = await store.contents();
    // Texts, for the order of keys in what is kept is seen as well.
    const told = events.map((event) => JSON.stringify(event));
    const head = await store.settle(journal.head());
    return plain({ told, head, inbox: inbox.toSorted(), rows: await store.settle(this.rows()), ...contents });
  }

  act(step: StoreStep): Promise<unknown> {
    return this.store.settle(outcomeOf(this.do(step)));
  }

  private async do(step: StoreStep): Promise<unknown> {
    const { journal } = this;
    switch (step.what) {
      case 'append':
        return this.append(step);
      case 'acquire':
        return this.acquire(step);
      case 'renew':
        return this.leases.get(step.owner)?.renew();
      case 'give back':
        return this.leases.get(step.owner)?.release();
      case 'load checkpoint':
        return new Checkpoint(this.store.pool, step.name).load();
      case 'move checkpoint':
        return this.move(step);
      case 'read':
        return this.read(step);
      case 'look for marks':
        return (await journal.marks(step.prefix, step.field)).map((one) => JSON.stringify(one)).toSorted();
      default:
        return step satisfies never;
    }
  }

  /** The same batch so often at once: which of them is the first nobody can tell, so outcomes have no order. */
  private async append(step: Step<'append'>): Promise<unknown> {
    const batch = this.toBatch(step);
    const fence = step.as && this.leases.get(step.as)?.fence;
    const one = (): Promise<unknown> => outcomeOf(this.journal.append(batch, fence).then(({ base }) => base));
    const outcomes = await Promise.all(Array.from({ length: step.times }, one));
    return outcomes.map((outcome) => JSON.stringify(outcome)).toSorted();
  }

  private toBatch({ events, inbox, claims, marks }: Step<'append'>): Batch {
    const next = new Map(this.versions);
    const written = events.map(({ stream, off, known, data }): NewEvent => {
      const version = (next.get(stream) ?? 0) + 1 + off;
      next.set(stream, version);
      const number = known ? Math.max(1, this.made) : (this.made += 1);
      return { id: idOf(number), stream, version, type: 'Happened', data, meta: { source: 'spec' } };
    });
    return { events: written, inbox, claims, marks };
  }

  private async acquire({ owner, short }: Step<'acquire' | 'renew' | 'give back'>): Promise<unknown> {
    const lease = new Lease({ pool: this.store.pool, name: 'spec', owner, milliseconds: short ? OVER_MS : LONG_MS });
    const fence = await lease.acquire();
    if (fence) this.leases.set(owner, lease);
    return fence;
  }

  private async read({ after, limit, stream, at, event }: Step<'read'>): Promise<unknown> {
    const { journal } = this;
    const found = await Promise.all([journal.read(after, limit), journal.readStream(stream, after, limit), journal.readAt(at)]);
    const keys = await journal.received(KEYS);
    return [...found.map((events) => events.map(({ position }) => position)), [...keys].toSorted(), await journal.positionOf(idOf(event))];
  }

  private async move({ name, to, row, end, meanwhile }: Step<'move checkpoint'>): Promise<unknown> {
    const { store, movers } = this;
    const checkpoint = new Checkpoint(store.pool, name);
    const [mover, other] = [await this.begin(), await this.begin()];
    let isLost = false;
    try {
      const before = this.toSeen(name, await checkpoint.lock(mover, to));
      const waiting = meanwhile === 'locks' ? checkpoint.lock(other, to) : meanwhile === 'loads' ? checkpoint.load() : undefined;
      await store.put(mover, row);
      const writer = await checkpoint.move(mover, to);
      const read = meanwhile === 'reads' ? [await checkpoint.read(), await this.rows()] : undefined;
      isLost = end === 'lost';
      if (end === 'lost') mover.release(true);
      else await mover.query(end);
      if (end === 'commit') movers.set(name, writer);
      const after = await waiting;
      return { before, read, after: typeof after === 'object' ? this.toSeen(name, after) : after };
    } finally {
      if (!isLost) await this.rollback(mover);
      await this.rollback(other);
    }
  }

  /** How a transaction is numbered nobody compares, but whether it is the one that moved the checkpoint last. */
  private toSeen(name: string, { position, recorded, writer }: LockedCheckpoint): object {
    return { position, recorded, isOfLastMover: writer === this.movers.get(name) };
  }

  private async rows(): Promise<readonly string[]> {
    return (await this.store.rows()).map(({ key, value }) => `${key} ${value}`).toSorted();
  }

  private async begin(): Promise<pg.PoolClient> {
    const client = await this.store.pool.connect();
    await client.query('begin');
    return client;
  }

  private async rollback(client: pg.PoolClient): Promise<void> {
    await client.query('rollback');
    client.release();
  }
}
