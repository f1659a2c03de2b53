import type { LiveEvent } from './live-event.js';

/** The newest events, one after the other without a hole, as many as it has room for. */
export class RecentEvents {
  private events: LiveEvent[] = [];
  /** Position of the first that is kept; where there is none, of the next that will come. */
  private start = 1;
  /** How many at the front of the list are dropped already: taking each off by itself would move all the others. */
  private dropped = 0;

  constructor(readonly capacity: number) {}

  get first(): number {
    return this.start;
  }

  /** Position of the newest; one less than `first` where there is none. */
  get last(): number {
    return this.start + this.events.length - this.dropped - 1;
  }

  get isEmpty(): boolean {
    return this.last < this.start;
  }

  /** Nothing is kept before the position. */
  startAt(position: number): void {
    this.events = [];
    this.dropped = 0;
    this.start = position;
  }

  /** Takes an event that follows on the last; after a hole only what comes behind it is kept, what is known already is passed over. */
  add(event: LiveEvent): void {
    if (event.position <= this.last) return;
    if (event.position > this.last + 1) this.startAt(event.position);
    this.events.push(event);
    if (this.events.length - this.dropped > this.capacity) this.dropFirst();
  }

  /** Up to `most` events from a kept position on. */
  from(position: number, most: number): readonly LiveEvent[] {
    const index = position - this.start + this.dropped;
    return this.events.slice(index, index + most);
  }

  private dropFirst(): void {
    this.start += 1;
    this.dropped += 1;
    if (this.dropped < this.capacity) return;
    this.events = this.events.slice(this.dropped);
    this.dropped = 0;
  }
}
