import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { invalidRequest } from '@vfleet/contracts';
import { Journal } from '@vfleet/journal';
import type { DataSource } from 'typeorm';
import { SCHEMA } from '../read-model/inventory.projection.js';
import { asKnown, type KnownEvent } from '../read-model/known-event.js';

/** A table that says which events something came from. */
export interface EventIndex {
  readonly table: string;
  readonly key: string;
}

export const VM_EVENTS: EventIndex = { table: `${SCHEMA}.vm_events`, key: 'vm_id' };
export const DEVICE_EVENTS: EventIndex = { table: `${SCHEMA}.device_events`, key: 'device_id' };

const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/i;
const POSITION = /^\d{1,16}$/;
const EVENTS_AT_ONCE = 1_000;

/** Makes what is shown again as it was: from the journal, by the same steps by which it was made the first time. */
@Injectable()
export class AsOf {
  constructor(
    private readonly journal: Journal,
    @InjectDataSource() private readonly source: DataSource,
  ) {}

  /**
   * The position up to which events count: the given one, or that of the newest event recorded by the given time.
   * @throws ApiError 400, naming the field
   */
  async positionOf(at: string | number, field = 'at'): Promise<number> {
    const text = String(at);
    if (POSITION.test(text)) return this.known(Number(text), field);
    const milliseconds = TIME.test(text) ? Date.parse(text) : Number.NaN;
    if (Number.isNaN(milliseconds)) throw refused(field, 'must be a time as in 2026-11-20T10:00:00Z, or a position of the journal');
    return this.journal.positionAt(new Date(milliseconds));
  }

  /** What the events about something up to a position, this one included, have made of it; null where there were none. */
  async fold<Row>(index: EventIndex, id: string, position: number, apply: (row: Row | null, event: KnownEvent) => Row | null): Promise<Row | null> {
    let row: Row | null = null;
    for (let after = 0; ;) {
      const positions = await this.positions(index, id, after, position);
      for (const recorded of await this.journal.readAt(positions)) {
        const event = asKnown(recorded);
        if (event) row = apply(row, event);
      }
      if (positions.length < EVENTS_AT_ONCE) return row;
      after = positions.at(-1) as number;
    }
  }

  private async known(position: number, field: string): Promise<number> {
    const head = await this.journal.head();
    if (position > head) throw refused(field, `is beyond the end of the journal, which is at ${head}`);
    return position;
  }

  private async positions({ table, key }: EventIndex, id: string, after: number, upTo: number): Promise<readonly number[]> {
    const rows = await this.source.query<{ readonly position: string }[]>(
      `select position from ${table} where ${key} = $1 and position > $2 and position <= $3 order by position limit $4`,
      [id, after, upTo, EVENTS_AT_ONCE],
    );
    return rows.map(({ position }) => Number(position));
  }
}

const refused = (field: string, message: string): Error => invalidRequest([{ field, message }]);
