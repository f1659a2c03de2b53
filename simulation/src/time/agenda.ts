import type { Life } from './life.js';

/** Something that is to happen at a moment. */
export interface Item {
  /** Milliseconds of the virtual clock. */
  at: number;
  readonly order: number;
  /** Whose code runs; undefined for the world itself. */
  readonly life: Life | undefined;
  readonly run: () => void;
  cancelled: boolean;
}

const isBefore = (one: Item, other: Item): boolean => one.at < other.at || (one.at === other.at && one.order < other.order);

/** What is to happen, the earliest first: a binary heap. */
export class Agenda {
  private readonly heap: Item[] = [];

  get size(): number {
    return this.heap.length;
  }

  add(item: Item): void {
    const { heap } = this;
    let place = heap.push(item) - 1;
    while (place > 0) {
      const above = (place - 1) >> 1;
      if (!isBefore(item, heap[above] as Item)) break;
      heap[place] = heap[above] as Item;
      place = above;
    }
    heap[place] = item;
  }

  take(): Item | undefined {
    const { heap } = this;
    const first = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return first;
    let place = 0;
    for (;;) {
      let below = 2 * place + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && isBefore(heap[below + 1] as Item, heap[below] as Item)) below += 1;
      if (!isBefore(heap[below] as Item, last)) break;
      heap[place] = heap[below] as Item;
      place = below;
    }
    heap[place] = last;
    return first;
  }
}
