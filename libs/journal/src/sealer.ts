import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { Journal } from './journal.js';
import { isSigned, signHead, type SealKey } from './seal-key.js';
import { chained, FIRST_HASH, type Head } from './seal.js';
import { holdsHead, newestHead, nextStretch, writeSeal } from './seals.js';

export interface SealerOptions {
  readonly pool: pg.Pool;
  readonly key: SealKey;
  /** How long an event waits for its seal at most, while all is well, and how often a head is told. */
  readonly milliseconds: number;
  /** Constant message plus fields. */
  readonly log: (level: 'info' | 'warn' | 'error', message: string, fields: object) => void;
}

/** Seals that this sealer had written are gone, or were not made by its key: nothing may be signed on top of them. */
export class SealsBroken extends Error {
  override readonly name = 'SealsBroken';
}

/** Events of one seal at most; more than that do not wait. */
const STRETCH = 1_000;
const LOOK_MS = 1_000;
const TELL_PROGRESS_MS = 10_000;

/**
 * Follows the journal and signs what it finds: behind the appends, in a table of its own. Whatever is not sealed yet is sealed,
 * from the first event on where nothing is. Two at once harm nothing: seals follow on each other, and the later of two that
 * follow on the same one is refused.
 */
export class Sealer {
  private readonly journal: Journal;
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;
  /** The newest seal that this one wrote, or began after. */
  private last: Head | undefined;
  private sealedAt = 0;
  /** When it last saw all sealed that was due, or sealed some of it; undefined before it has begun. */
  private wellAt: number | undefined;
  private told: Head | undefined;
  private toldAt = 0;

  constructor(private readonly options: SealerOptions) {
    this.journal = new Journal(options.pool);
  }

  /** Up to where the journal is known to be sealed. */
  get position(): number {
    return this.last?.position ?? 0;
  }

  /** How much longer than it should an event has waited for its seal, as far as is known, while nothing could be sealed; 0 while all is well. */
  get overdueSeconds(): number {
    if (this.wellAt === undefined) return 0;
    return Math.max(0, performance.now() - this.wellAt - this.options.milliseconds) / 1_000;
  }

  start(): void {
    this.wellAt ??= performance.now();
    this.running ??= this.run();
  }

  /** Seals what waits, one stretch at most, before it ends. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
    await this.attempt(() => this.sealAll());
    this.tell();
  }

  private async run(): Promise<void> {
    const { milliseconds } = this.options;
    while (!this.stopping.signal.aborted) {
      const isWell = await this.attempt(() => this.look());
      if (performance.now() - this.toldAt >= milliseconds) this.tell();
      const pause = isWell ? Math.min(LOOK_MS, milliseconds) : milliseconds;
      await delay(pause, undefined, { signal: this.stopping.signal }).catch(() => undefined);
    }
  }

  private async attempt(work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      const [level, message] =
        error instanceof SealsBroken ? (['error', 'nothing is sealed any more'] as const) : (['warn', 'sealer has to try again'] as const);
      this.options.log(level, message, { error: (error as Error).message, position: this.position });
      return false;
    }
  }

  private async look(): Promise<void> {
    const waiting = (await this.journal.head()) - this.position;
    const isDue = performance.now() - this.sealedAt >= this.options.milliseconds;
    if (this.last === undefined || waiting >= STRETCH || (waiting > 0 && isDue)) await this.sealAll();
    this.wellAt = performance.now();
  }

  private async sealAll(): Promise<void> {
    this.last = await this.newest();
    const first = this.position;
    let saidAt = performance.now();
    while ((await this.sealNext()) && !this.stopping.signal.aborted) {
      if (performance.now() - saidAt < TELL_PROGRESS_MS) continue;
      saidAt = performance.now();
      this.options.log('info', 'history is being sealed', { first, position: this.position, journal: await this.journal.head() });
    }
    this.sealedAt = performance.now();
  }

  /** Where to go on. @throws SealsBroken where what this one knows of is not there, or somebody else pretends to be it */
  private async newest(): Promise<Head | undefined> {
    const { pool, key, log } = this.options;
    if (this.last && !(await holdsHead(pool, this.last)))
      throw new SealsBroken(`the seal of position ${this.last.position} is gone; see what became of the journal, then start this service again`);
    const newest = await newestHead(pool);
    if (!newest) return undefined;
    if (newest.keyId === key.id && !isSigned(newest, [key])) throw new SealsBroken(`the seal of position ${newest.position} is forged`);
    if (newest.keyId !== key.id && !this.last)
      log('warn', 'seals go on with another key', { before: newest.keyId, keyId: key.id, position: newest.position });
    return newest;
  }

  /** Answers whether more may be waiting. */
  private async sealNext(): Promise<boolean> {
    const { pool, key } = this.options;
    const follows = this.position;
    const stretch = await nextStretch(pool, follows, STRETCH);
    if (!stretch) return false;
    const { position, digests } = stretch;
    const hash = chained(this.last ? Buffer.from(this.last.hash, 'hex') : FIRST_HASH, digests).toString('hex');
    const head = signHead(key, { position, hash, sealedAt: new Date().toISOString() });
    await writeSeal(pool, { head, follows, digests });
    this.last = head;
    this.wellAt = performance.now();
    return position - follows === STRETCH;
  }

  /** What was signed has to be known outside of the database: who owns that could cut the journal's end off, and its seals. */
  private tell(): void {
    if (!this.last || this.last.hash === this.told?.hash) return;
    this.options.log('info', 'journal is sealed', { head: this.last });
    this.told = this.last;
    this.toldAt = performance.now();
  }
}
