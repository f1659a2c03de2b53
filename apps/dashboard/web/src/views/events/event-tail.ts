import type { CloudEvent } from '@vfleet/contracts';

/** Newest first; what is further down can be asked of the journal by its position. */
export const MOST = 500;

export interface TailedEvent {
  readonly id: string;
  readonly position: string;
  readonly time: string;
  /** `DevicesReserved`. */
  readonly type: string;
  readonly hostId: string | undefined;
  readonly vmId: string | undefined;
  readonly data: unknown;
}

export interface Tail {
  /** Newest first. */
  readonly events: readonly TailedEvent[];
  /** How many have come since the tail was opened. */
  readonly seen: number;
  /** How many were left out, because more came than anybody reads. */
  readonly skipped: number;
  /** Whether the stream has lost some. */
  readonly gap: boolean;
  /** Those that have come since it was paused, oldest first, as many as are shown. */
  readonly held: readonly TailedEvent[];
  /** How many have come since it was paused. */
  readonly waiting: number;
}

export const EMPTY_TAIL: Tail = { events: [], seen: 0, skipped: 0, gap: false, held: [], waiting: 0 };

const asText = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

export const toTailed = ({ id, position, time, type, data }: CloudEvent): TailedEvent => {
  const { hostId, vmId } = (data ?? {}) as Readonly<Record<string, unknown>>;
  return { id, position, time, type: type.replace(/^io\.vfleet\.|\.v\d+$/g, ''), hostId: asText(hostId), vmId: asText(vmId), data };
};

/** The tail that knows of events which it does not get. */
export const withLoss = (tail: Tail, event: string, data: string): Tail => {
  if (event === 'gap') return { ...tail, gap: true };
  if (event !== 'skipped') return tail;
  const { events } = JSON.parse(data) as { readonly events: number };
  return { ...tail, skipped: tail.skipped + events };
};

/** The tail with news before it. While it is paused they are held back, and shown when it goes on. */
export const withNews = (tail: Tail, news: readonly TailedEvent[], paused: boolean): Tail => {
  const seen = tail.seen + news.length;
  const held = [...tail.held, ...news].slice(-MOST);
  if (paused) return { ...tail, seen, held, waiting: tail.waiting + news.length };
  return { ...tail, seen, held: [], waiting: 0, events: [...held.toReversed(), ...tail.events].slice(0, MOST) };
};
