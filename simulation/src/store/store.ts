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

/** The database in memory: PostgreSQL as far as the journal's library uses it, one statement at a time. */
export class Store {
  readonly tables = new Tables();
  /** Until when nobody can reach it. */
  awayUntil = 0;
  /** So many answers to commits are lost on their way. */
  answersToLose = 0;
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
        if (this.waitsFor(session, name, values)) return void world.after(1, undefined, execute);
        try {
          if (world.now < this.awayUntil) throw new Away('terminating connection due to administrator command');
          const result = this.execute(session, name, text, values);
          if (name === 'append' && this.answersToLose > 0) {
            this.answersToLose -= 1;
            throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
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

  private execute(session: Session, name: string | undefined, text: string, values: readonly unknown[]): Answer {
    if (text === 'begin') return session.begin((this.tables.transactions += 1));
    if (text === 'commit') return this.keep(session);
    if (text === 'rollback') return this.roll(session);
    if (name === 'lock checkpoint') this.locks.set(values[0] as string, session);
    const alone = !session.began;
    if (alone) session.begin((this.tables.transactions += 1));
    try {
      const { undoing, transaction } = session;
      const answer = run({ tables: this.tables, undoing, transaction, now: new Date(this.world.now) }, name, text, values);
      if (alone) this.keep(session);
      return answer;
    } catch (error) {
      this.roll(session);
      throw error;
    }
  }

  private waitsFor(session: Session, name: string | undefined, values: readonly unknown[]): boolean {
    const holder = name === 'lock checkpoint' ? this.locks.get(values[0] as string) : undefined;
    return holder !== undefined && holder !== session;
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
