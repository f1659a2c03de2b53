import type pg from 'pg';
import type { Life } from '../time/life.js';
import type { World } from '../time/world.js';
import { run, type Answer } from './statements.js';
import { Tables, Undoing, type StoredEvent } from './tables.js';

/** A statement as the journal's library gives it to a pool. */
type Asked = string | { readonly name?: string; readonly text: string; readonly values?: readonly unknown[] };

/** Milliseconds that a statement takes to the server, and its answer back. */
const NEAR = 2;

class Away extends Error {
  readonly code = '57P01';
}

class Broken extends Error {
  readonly code = 'ECONNRESET';
}

/** The database in memory: PostgreSQL as far as the journal's library uses it, one statement at a time. */
export class Store {
  readonly tables = new Tables();
  /** Until when nobody can reach it. */
  awayUntil = 0;
  /** So many answers to commits are lost on their way. */
  answersToLose = 0;
  /** So many appends are left alone by their connections when they have come to the server, and done so many milliseconds later. */
  appendsToLeave = { count: 0, milliseconds: 0 };
  private readonly commits: Undoing[] = [];
  /** Up to where commits were told of. */
  private told = 0;
  private readonly locks = new Map<string, Session>();

  constructor(
    private readonly world: World,
    private readonly onCommit: (events: readonly StoredEvent[]) => void,
  ) {}

  /** Connections of one process. */
  poolOf(life: Life): pg.Pool {
    const query = (asked: Asked, values?: readonly unknown[]): Promise<Answer> => this.ask(life, new Session(), asked, values);
    const connect = async (): Promise<object> => {
      const session = new Session();
      const end = (): void => void this.roll(session);
      life.onEnd(() => {
        session.isClosed = true;
        end();
      });
      return { query: (asked: Asked, values?: readonly unknown[]) => this.ask(life, session, asked, values), release: end };
    };
    return { query, connect } as unknown as pg.Pool;
  }

  /** A replica without the last commits takes over. */
  failOver(commits: number): number {
    const before = this.tables.head;
    for (const undoing of this.commits.splice(Math.max(0, this.commits.length - commits)).reverse()) undoing.takeBack();
    this.told = this.tables.head;
    return before - this.tables.head;
  }

  /** A transaction has written something that is not committed. */
  get isWriting(): boolean {
    return this.locks.size > 0;
  }

  private ask(life: Life, session: Session, asked: Asked, given?: readonly unknown[]): Promise<Answer> {
    const { name, text, values = given ?? [] } = typeof asked === 'string' ? { name: undefined, text: asked } : asked;
    const { world } = this;
    return new Promise((resolve, reject) => {
      const answer = (tell: () => void): void => void world.after(world.random.next() * NEAR, life, tell);
      const execute = (): void => {
        if (session.isClosed) return;
        if (this.waitsFor(session, checkpointOf(name, text, values))) return void world.after(1, undefined, execute);
        try {
          if (world.now < this.awayUntil) throw new Away('terminating connection due to administrator command');
          if (name === 'append' && this.appendsToLeave.count > 0) {
            this.leave(() => this.execute(session, name, text, values));
            throw new Broken('read ECONNRESET');
          }
          const result = this.execute(session, name, text, values);
          if (name === 'append' && this.answersToLose > 0) {
            this.answersToLose -= 1;
            throw new Broken('read ECONNRESET');
          }
          answer(() => resolve(result));
        } catch (error) {
          if (session.began) this.roll(session);
          answer(() => reject(error));
        }
      };
      world.after(Math.max(world.random.next() * NEAR, life.heldUpUntil.store - world.now), undefined, execute);
    });
  }

  /** A server goes on with what it was asked, though nobody waits for its answer any more; unless it ends before. */
  private leave(execute: () => void): void {
    this.appendsToLeave.count -= 1;
    const { awayUntil } = this;
    const late = (): void => {
      try {
        if (this.awayUntil === awayUntil) execute();
      } catch {
        // Refused: nobody hears it.
      }
    };
    this.world.after(this.appendsToLeave.milliseconds, undefined, late);
  }

  private execute(session: Session, name: string | undefined, text: string, values: readonly unknown[]): Answer {
    if (text === 'begin') return session.begin((this.tables.transactions += 1));
    if (text === 'commit') return this.keep(session);
    if (text === 'rollback') return this.roll(session);
    const checkpoint = checkpointOf(name, text, values);
    if (checkpoint !== undefined) this.locks.set(checkpoint, session);
    const alone = !session.began;
    if (alone) session.begin((this.tables.transactions += 1));
    try {
      const { undoing, transaction } = session;
      const running = { tables: this.tables, undoing, transaction, now: new Date(this.world.now) };
      const answer = this.unseenBy(session, () => run(running, name, text, values));
      if (alone) this.keep(session);
      return answer;
    } catch (error) {
      this.roll(session);
      throw error;
    }
  }

  private waitsFor(session: Session, checkpoint: string | undefined): boolean {
    const holder = checkpoint === undefined ? undefined : this.locks.get(checkpoint);
    return holder !== undefined && holder !== session;
  }

  /** What others have written in transactions that go on is not there yet. */
  private unseenBy<Seen>(session: Session, look: () => Seen): Seen {
    const others = new Set(this.locks.values());
    others.delete(session);
    return [...others].reduce(
      (seen, { undoing }) =>
        () =>
          undoing.hiddenWhile(seen),
      look,
    )();
  }

  private keep(session: Session): Answer {
    const { undoing } = session;
    const head = this.told;
    this.end(session);
    if (!undoing.isEmpty) this.commits.push(undoing);
    this.told = this.tables.head;
    if (this.told > head) this.onCommit(this.tables.events.slice(head));
    return NOTHING;
  }

  private roll(session: Session): Answer {
    session.undoing.takeBack();
    return this.end(session);
  }

  private end(session: Session): Answer {
    for (const [name, holder] of this.locks) if (holder === session) this.locks.delete(name);
    session.end();
    return NOTHING;
  }
}

/** The checkpoint whose row a statement locks until its transaction ends. */
const checkpointOf = (name: string | undefined, text: string, values: readonly unknown[]): string | undefined =>
  name === 'lock checkpoint' || name === 'move checkpoint' || text.startsWith('insert into journal.checkpoints') ? (values[0] as string) : undefined;

const NOTHING: Answer = { rows: [], rowCount: 0 };

/** One connection, and the transaction that it is in. */
class Session {
  began = false;
  /** Its client is gone: what was still on its way is not heard any more. */
  isClosed = false;
  transaction = 0;
  undoing = new Undoing();

  begin(transaction: number): Answer {
    this.began = true;
    this.transaction = transaction;
    return NOTHING;
  }

  end(): void {
    this.began = false;
    this.undoing = new Undoing();
  }
}
