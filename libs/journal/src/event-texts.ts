import type pg from 'pg';
import { EVENT_TEXT } from './seal.js';

/** An event as it is hashed. */
export interface EventText {
  readonly position: number;
  readonly text: string;
}

const PAGE = 2_000;

/** Texts of the events after a position, page by page; the next page is on its way while one is looked at. */
export class EventTexts {
  private page: readonly EventText[] = [];
  private taken = 0;
  private next: Promise<readonly EventText[]>;

  constructor(
    private readonly pool: pg.Pool,
    after: number,
  ) {
    this.next = this.ask(after);
  }

  /** Those that come next, up to a position; whatever is missing there is missing here. */
  async upTo(position: number): Promise<readonly EventText[]> {
    const events: EventText[] = [];
    for (;;) {
      while (this.taken < this.page.length && (this.page[this.taken] as EventText).position <= position) {
        events.push(this.page[this.taken] as EventText);
        this.taken += 1;
      }
      if (this.taken < this.page.length || !(await this.turn())) return events;
    }
  }

  private async turn(): Promise<boolean> {
    this.page = await this.next;
    this.taken = 0;
    const last = this.page.at(-1);
    if (!last) return false;
    this.next = this.ask(last.position);
    return true;
  }

  private ask(after: number): Promise<readonly EventText[]> {
    const asked = this.read(after);
    // Whoever ends early never waits for it.
    asked.catch(() => undefined);
    return asked;
  }

  private async read(after: number): Promise<readonly EventText[]> {
    const { rows } = await this.pool.query<{ position: string; text: string }>({
      name: 'event-texts',
      text: `select position, ${EVENT_TEXT} as text from journal.events where position > $1 order by position limit $2`,
      values: [after, PAGE],
    });
    return rows.map(({ position, text }) => ({ position: Number(position), text }));
  }
}
