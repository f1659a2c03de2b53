/** A message as a stream keeps it. */
export interface Kept {
  readonly sequence: number;
  readonly subject: string;
  readonly payload: string;
  readonly msgId: string | undefined;
  /** Milliseconds of the virtual clock. */
  readonly at: number;
}

export interface Stored {
  readonly sequence: number;
  /** Another message with its id was stored lately: this one was not. */
  readonly duplicate: boolean;
}

/** What a message is stored for only. */
export interface Expected {
  /** Sequence of the last message. */
  readonly last?: number | undefined;
  readonly lastId?: string | undefined;
}

type Hear = (message: Kept) => void;

/** A JetStream in memory: messages in order, some of which may be lost from its end or its beginning. */
export class Stream {
  private kept: Kept[] = [];
  /** Sequence of the first message that may be there. */
  first = 1;
  exists = false;
  /** Sequence before the first message that is there. */
  private before = 0;
  /** Ids of the messages that were stored lately, with their sequences, the oldest first. They outlast a purge. */
  private readonly ids = new Map<string, { readonly sequence: number; readonly at: number }>();
  /** Id of the message that was stored last; it outlasts a purge, but no restart. */
  private lastId: string | undefined;
  /** With what each is told that its place in the stream is lost. */
  private readonly readers = new Map<Hear, () => void>();
  private readonly watchers = new Set<() => void>();

  /** `duplicateWindowMs`: within it a message with an id that was stored is not stored again. */
  constructor(private readonly duplicateWindowMs: number) {}

  get last(): number {
    return this.before + this.kept.length;
  }

  /** Sequence of the first message that is there, or of the next one. */
  get begin(): number {
    return this.before + 1;
  }

  get messages(): number {
    return this.kept.length;
  }

  /** The sequence at which a message with the id was stored within the window. */
  stored(msgId: string, now: number): number | undefined {
    for (const [id, { at }] of this.ids) {
      if (now - at <= this.duplicateWindowMs) break;
      this.ids.delete(id);
    }
    return this.ids.get(msgId)?.sequence;
  }

  /** @throws Error where it is not as expected; a duplicate is told as one before anybody looks at that. */
  append(subject: string, payload: string, msgId: string | undefined, at: number, expected: Expected = {}): Stored {
    const known = msgId === undefined ? undefined : this.stored(msgId, at);
    if (known !== undefined) return { sequence: known, duplicate: true };
    if (expected.last !== undefined && expected.last !== this.last) throw new Error(`wrong last sequence: ${this.last}`);
    if (expected.lastId !== undefined && expected.lastId !== this.lastId) throw new Error('wrong last message id');
    return { sequence: this.keep(subject, payload, msgId, at).sequence, duplicate: false };
  }

  /** Stores a message, whatever was stored before: as after the window. */
  keep(subject: string, payload: string, msgId: string | undefined, at: number): Kept {
    const message = { sequence: this.last + 1, subject, payload, msgId, at };
    this.kept.push(message);
    this.lastId = msgId;
    if (msgId !== undefined) {
      this.ids.delete(msgId);
      this.ids.set(msgId, { sequence: message.sequence, at });
    }
    for (const hear of this.readers.keys()) hear(message);
    for (const watcher of this.watchers) watcher();
    return message;
  }

  get(sequence: number): Kept | undefined {
    return this.kept[sequence - this.before - 1];
  }

  from(sequence: number): readonly Kept[] {
    return this.kept.slice(Math.max(0, sequence - this.before - 1));
  }

  /** Loses its newest messages, as a server that comes up from an older disk; numbers are given out again, and readers have to ask again. */
  truncate(count: number): void {
    for (const { msgId } of this.kept.splice(Math.max(0, this.kept.length - count))) if (msgId !== undefined) this.ids.delete(msgId);
    this.lastId = undefined;
    this.endReaders();
  }

  /** Its messages are thrown away; its numbers go on. */
  purge(): void {
    this.before = this.last;
    this.kept = [];
  }

  /** All of it is gone, and so are its readers' places. */
  wipe(): void {
    this.exists = false;
    this.beginAt(1);
    this.endReaders();
  }

  create(first: number): void {
    this.exists = true;
    this.beginAt(first);
  }

  /** Told of each message from now on, until its place is lost. */
  follow(hear: Hear, onLost: () => void = () => undefined): () => void {
    this.readers.set(hear, onLost);
    return () => void this.readers.delete(hear);
  }

  /** Called after each message that is stored, whatever becomes of the stream. */
  watch(watcher: () => void): void {
    this.watchers.add(watcher);
  }

  private endReaders(): void {
    const lost = [...this.readers.values()];
    this.readers.clear();
    for (const tell of lost) tell();
  }

  private beginAt(first: number): void {
    this.first = first;
    this.before = first - 1;
    this.kept = [];
    this.lastId = undefined;
    this.ids.clear();
  }
}
