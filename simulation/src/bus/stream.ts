/** A message as a stream keeps it. */
export interface Kept {
  readonly sequence: number;
  readonly subject: string;
  readonly payload: string;
  readonly msgId: string | undefined;
  /** Milliseconds of the virtual clock. */
  readonly at: number;
}

type Reader = (message: Kept) => void;

/** A JetStream in memory: messages in order, some of which may be lost from its end or its beginning. */
export class Stream {
  private kept: Kept[] = [];
  /** Sequence of the first message that may be there. */
  first = 1;
  exists = true;
  private readonly readers = new Set<Reader>();

  get last(): number {
    return this.first + this.kept.length - 1;
  }

  get messages(): number {
    return this.kept.length;
  }

  append(subject: string, payload: string, msgId: string | undefined, at: number): Kept {
    const message = { sequence: this.last + 1, subject, payload, msgId, at };
    this.kept.push(message);
    for (const reader of this.readers) reader(message);
    return message;
  }

  get(sequence: number): Kept | undefined {
    return this.kept[sequence - this.first];
  }

  from(sequence: number): readonly Kept[] {
    return this.kept.slice(Math.max(0, sequence - this.first));
  }

  /** Loses its newest messages, as a server that comes up from an older disk; numbers are given out again. */
  truncate(count: number): void {
    this.kept = this.kept.slice(0, Math.max(0, this.kept.length - count));
  }

  /** All of it is gone. */
  wipe(): void {
    this.exists = false;
    this.kept = [];
    this.first = 1;
    this.readers.clear();
  }

  create(first: number): void {
    this.exists = true;
    this.first = first;
    this.kept = [];
  }

  follow(reader: Reader): () => void {
    this.readers.add(reader);
    return () => void this.readers.delete(reader);
  }
}
