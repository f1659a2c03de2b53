import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Random } from '../random.js';
import { Agenda, type Item } from './agenda.js';
import { Life } from './life.js';

/**
 * Virtual time and the one road by which anything happens: the earliest item runs, and everything that follows from it
 * without waiting; then the next. Only one life's code runs at a time, so that every timer and request is known to be its own.
 */
export class World {
  now: number;
  steps = 0;
  current: Life | undefined;
  private readonly agenda = new Agenda();
  private order = 0;

  constructor(
    readonly random: Random,
    start: number,
  ) {
    this.now = start;
  }

  begin(name: string): Life {
    return new Life(name);
  }

  after(milliseconds: number, life: Life | undefined, run: () => void): Item {
    const item = { at: this.now + Math.max(0, milliseconds), order: (this.order += 1), life, run, cancelled: false };
    this.agenda.add(item);
    return item;
  }

  /** Runs work as a life's own. */
  as(life: Life, work: () => void): void {
    const before = this.current;
    this.current = life;
    try {
      work();
    } finally {
      this.current = before;
    }
  }

  /** Does the next thing, unless it lies after the moment; false when there is none. */
  async step(until: number): Promise<boolean> {
    const item = this.agenda.take();
    if (!item) return false;
    if (item.at > until) {
      this.agenda.add(item);
      this.now = until;
      return false;
    }
    const { life } = item;
    if (item.cancelled || life?.ended) return true;
    if (life && life.asleepUntil > item.at) {
      item.at = life.asleepUntil;
      this.agenda.add(item);
      return true;
    }
    this.now = Math.max(this.now, item.at);
    this.steps += 1;
    this.current = life;
    item.run();
    // What was begun goes on as far as it can without waiting for anybody.
    await nextTurn();
    this.current = undefined;
    return true;
  }
}
