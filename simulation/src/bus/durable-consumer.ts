import type { Stream } from './stream.js';

/** A durable consumer of the stream of facts as a server keeps it, whoever reads, and whether anybody does. */
export class DurableConsumer {
  private readonly acknowledged = new Set<number>();
  /** Of the facts that it has given. */
  private given: number;
  private readonly deleted: (() => void)[] = [];

  /** `start`: sequence of the first fact that it gives. */
  constructor(
    private readonly stream: Stream,
    readonly durable: string,
    /** Number of the owner. */
    readonly generation: number,
    private readonly start: number,
  ) {
    this.given = start - 1;
  }

  /** Up to this sequence everything is acknowledged, or has been thrown away. */
  get floor(): number {
    let floor = Math.max(this.start, this.stream.begin) - 1;
    while (this.acknowledged.has(floor + 1)) floor += 1;
    return floor;
  }

  /** Sequence of the next fact that it gives. */
  get next(): number {
    return this.given + 1;
  }

  give(sequence: number): void {
    this.given = sequence;
  }

  acknowledge(sequence: number): void {
    this.acknowledged.add(sequence);
  }

  /** Whether it has been told that a fact need not be given again. */
  isDone(sequence: number): boolean {
    return sequence < this.start || this.acknowledged.has(sequence);
  }

  /** Told when it is gone. */
  onDeleted(tell: () => void): void {
    this.deleted.push(tell);
  }

  /** It is gone; the server says so to whoever reads. */
  delete(): void {
    for (const tell of this.deleted.splice(0)) tell();
  }
}
