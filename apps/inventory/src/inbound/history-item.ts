import type { HistoryItem } from '@vfleet/contracts';

/** What a history shows of `journal.events event`. */
export const EVENT_FIELDS = 'event.position, event.event_id, event.type, event.stream, event.version, event.recorded_at, event.data';

export interface EventRow {
  readonly position: string;
  readonly event_id: string;
  readonly type: string;
  readonly stream: string;
  readonly version: string;
  readonly recorded_at: Date;
  readonly data: unknown;
}

export const toHistoryItem = ({ position, event_id, type, stream, version, recorded_at, data }: EventRow): HistoryItem => ({
  position,
  id: event_id,
  type,
  stream,
  version: Number(version),
  time: recorded_at.toISOString(),
  data,
});
