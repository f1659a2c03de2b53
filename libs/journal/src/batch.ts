import type { ClaimChange } from './claims.js';

/** An event about to be recorded. `version` is its place in its stream, from 1. */
export interface NewEvent {
  readonly id: string;
  readonly stream: string;
  readonly version: number;
  readonly type: string;
  readonly data: unknown;
  /** `data` as JSON, where somebody needed it before: making it is a third of the cost of passing an event on. */
  readonly text?: string;
  readonly meta: object;
}

export interface RecordedEvent extends NewEvent {
  /** Global, 1, 2, 3… without a gap over all events. */
  readonly position: number;
  /** RFC 3339, UTC. */
  readonly recordedAt: string;
}

/** The newest thing seen of something that leaves no event. */
export interface Mark {
  readonly key: string;
  readonly value: unknown;
}

/** Everything that one transaction writes. Streams' versions must follow on what is there. */
export interface Batch {
  readonly events: readonly NewEvent[];
  /** Messages that count once. */
  readonly inbox?: readonly string[];
  /** In the order in which they were decided. */
  readonly claims?: readonly ClaimChange[];
  readonly marks?: readonly Mark[];
}

/** Where and when a batch was recorded. */
export interface Appended {
  /** Position before the batch's first event. */
  readonly base: number;
  /** RFC 3339, UTC: of each of its events. Unknown where the answer to the commit was lost. */
  readonly recordedAt?: string;
}

/** Proves that the writer is still the owner. */
export interface Fence {
  readonly lease: string;
  readonly fence: number;
}

/** Events of a batch as they stand in the log; none where it is not known when they were recorded. */
export const recordedBy = ({ base, recordedAt }: Appended, events: readonly NewEvent[]): readonly RecordedEvent[] =>
  recordedAt === undefined ? [] : events.map((event, index) => ({ ...event, position: base + 1 + index, recordedAt }));
