import type pg from 'pg';
import { EventTexts, type EventText } from './event-texts.js';
import { Journal } from './journal.js';
import { Found, found, type SealFinding } from './seal-finding.js';
import { isSigned, type SealReader } from './seal-key.js';
import { chained, DIGEST_BYTES, digestAt, FIRST_HASH, sha256, type Head, type Seal } from './seal.js';
import { newestHead, readSeals } from './seals.js';

export interface Verification {
  /** The first position that was looked at; the seal before it was taken as its signature says. */
  readonly from: number;
  /** The last one. */
  readonly position: number;
  /** Events at its end that no seal speaks of yet. */
  readonly unsealed: number;
  /** The newest seal that fits. */
  readonly head?: Head | undefined;
  /** The first thing that does not fit. */
  readonly finding?: SealFinding | undefined;
}

export interface VerifyOptions {
  readonly pool: pg.Pool;
  /** Keys that heads may be signed with. */
  readonly readers: readonly SealReader[];
  /** The first position that matters; 1 unless told. */
  readonly from?: number;
  /** Heads that were kept outside of the database. */
  readonly kept?: readonly Head[];
  /** Told now and then: how many of how many events were looked at. */
  readonly onProgress?: (looked: number, all: number) => void;
}

const SEALS_AT_ONCE = 20;
const UNSEALED_AT_ONCE = 1_000;

/** Reads the journal and its seals from a position to the end as it is now, and says what does not fit first. */
export const verifySeals = (options: VerifyOptions): Promise<Verification> => new Verifier(options).run();

class Verifier {
  /** Up to here everything fits. */
  private position = 0;
  private hash: Buffer = FIRST_HASH;
  private head: Head | undefined;
  private start = 0;
  /** Position of the journal's newest event when this began. */
  private end = 0;

  private readonly kept: ReadonlyMap<number, readonly Head[]>;

  constructor(private readonly options: VerifyOptions) {
    const kept = new Map<number, Head[]>();
    for (const head of options.kept ?? []) kept.set(head.position, [...(kept.get(head.position) ?? []), head]);
    this.kept = kept;
  }

  async run(): Promise<Verification> {
    const { pool, kept = [] } = this.options;
    // Before the journal's end, for that goes on: what a seal speaks of has to be there already.
    const newest = await newestHead(pool);
    this.end = await new Journal(pool).head();
    try {
      this.checkHeads(kept, newest);
      await this.begin();
      await this.walk();
      return this.result();
    } catch (error) {
      if (error instanceof Found) return this.result(error.finding);
      throw error;
    }
  }

  private result(finding?: SealFinding): Verification {
    const unsealed = this.end - (this.head?.position ?? 0);
    return { from: this.start + 1, position: finding ? this.position : this.end, unsealed, head: this.head, finding };
  }

  /** Before any event is read, for it takes no time. */
  private checkHeads(kept: readonly Head[], newest: Head | undefined): void {
    const { readers } = this.options;
    const forged = kept.find((head) => !isSigned(head, readers));
    if (forged) throw found('HEAD_FORGED', 1, forged.position, `the head of position ${forged.position} that was kept ${whose(forged, readers)}`);
    const beyond = [...kept, ...(newest ? [newest] : [])].find(({ position }) => position > this.end);
    if (beyond && !isSigned(beyond, readers))
      throw found('SEAL_FORGED', this.end + 1, beyond.position, `the seal of position ${beyond.position} ${whose(beyond, readers)}`);
    if (beyond)
      throw found(
        'JOURNAL_CUT',
        this.end + 1,
        beyond.position,
        `the journal ends at ${this.end}, and was sealed up to ${beyond.position} at ${beyond.sealedAt}`,
      );
  }

  /** At the seal before the first position that matters. */
  private async begin(): Promise<void> {
    const { pool, from = 1, readers } = this.options;
    const before = await newestHead(pool, from - 1);
    if (!before) return;
    this.start = this.position = before.position;
    if (!isSigned(before, readers))
      throw found('SEAL_FORGED', 1, before.position, `the seal of position ${before.position} ${whose(before, readers)}`);
    this.hash = Buffer.from(before.hash, 'hex');
    this.head = before;
    this.checkAgainstKept(this.hash, before.position);
  }

  private async walk(): Promise<void> {
    const { pool, onProgress } = this.options;
    const events = new EventTexts(pool, this.start);
    for (let seals = await this.nextSeals(); seals.length > 0; seals = await this.nextSeals())
      for (const seal of seals) {
        this.checkSeal(seal);
        this.checkEvents(seal, await events.upTo(seal.head.position));
        [this.position, this.head] = [seal.head.position, seal.head];
        onProgress?.(this.position - this.start, this.end - this.start);
      }
    if (!this.head && this.end > 0) throw found('NOT_SEALED', 1, this.end, 'there is no seal');
    await this.walkUnsealed(events);
  }

  private async nextSeals(): Promise<readonly Seal[]> {
    return (await readSeals(this.options.pool, this.position, SEALS_AT_ONCE)).filter(({ head }) => head.position <= this.end);
  }

  /** That it follows on the one before, that its key's owner signed it, and that its digests are those that were signed. */
  private checkSeal(seal: Seal): void {
    const { head, follows, digests } = seal;
    const { position, hash } = head;
    const stretch = `${follows + 1} to ${position}`;
    if (follows > this.position)
      throw found('SEAL_GONE', this.position + 1, follows, `no seal speaks of ${this.position + 1} to ${follows}: one that did is gone`);
    if (follows < this.position)
      throw found('SEAL_FORGED', follows + 1, position, `the seal of ${stretch} speaks again of what the one before it speaks of`);
    if (!isSigned(head, this.options.readers))
      throw found('SEAL_FORGED', follows + 1, position, `the seal of ${stretch} ${whose(head, this.options.readers)}`);
    const reached = chained(this.hash, digests, (link, index) => this.checkAgainstKept(link, follows + 1 + index));
    if (reached.toString('hex') !== hash)
      throw found('SEAL_FORGED', follows + 1, position, `the seal of ${stretch} speaks of other events than were signed`);
    this.hash = reached;
  }

  private checkEvents({ follows, digests }: Seal, events: readonly EventText[]): void {
    for (let index = 0; index < digests.length / DIGEST_BYTES; index += 1) {
      const expected = follows + 1 + index;
      const event = eventAt(events, index, expected);
      if (!sha256(event.text).equals(digestAt(digests, index)))
        throw found('EVENT_CHANGED', expected, expected, `event ${expected} is another one than was sealed`);
    }
  }

  /** Seals may have been lost as well, and then heads that were kept tell. */
  private async walkUnsealed(events: EventTexts): Promise<void> {
    while (this.position < this.end) {
      const upTo = Math.min(this.end, this.position + UNSEALED_AT_ONCE);
      const texts = await events.upTo(upTo);
      for (let index = 0; this.position < upTo; index += 1) {
        const event = eventAt(texts, index, this.position + 1);
        this.hash = chained(this.hash, sha256(event.text));
        this.checkAgainstKept(this.hash, this.position + 1);
        this.position += 1;
      }
    }
  }

  private checkAgainstKept(hash: Buffer, position: number): void {
    const head = this.kept.get(position)?.find((one) => one.hash !== hash.toString('hex'));
    if (!head) return;
    const fits = Math.max(this.start, ...[...this.kept.keys()].filter((one) => one < position));
    throw found(
      'HEAD_CONTRADICTED',
      fits + 1,
      position,
      `the journal up to ${position} is another one than was sealed at ${head.sealedAt}, as the head that was kept tells`,
    );
  }
}

const eventAt = (events: readonly EventText[], index: number, expected: number): EventText => {
  const event = events[index];
  if (event?.position === expected) return event;
  if (event && event.position < expected) throw found('EVENT_CHANGED', event.position, event.position, `event ${event.position} is there twice`);
  throw found('EVENT_GONE', expected, expected, `event ${expected} is gone`);
};

const whose = ({ keyId }: Head, readers: readonly SealReader[]): string =>
  readers.some(({ id }) => id === keyId) ? 'was not made with the key' : `says the key ${keyId}, which is none of those that are trusted`;
